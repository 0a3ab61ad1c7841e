/**
 * Makes what a terminal would obey, or nobody would see, visible: control characters (U+001B as ␛, those above U+007F as
 * `⟨U+009B⟩`), and as `⟨U+202E⟩` line and paragraph separators, marks that turn the direction of text, soft hyphens, the
 * byte-order mark, tags, half surrogates and what is no character at all (XML cannot hold it). Text of other people that
 * is shown in a terminal goes through here: an escape sequence in a transcript must not move the cursor, write to the
 * clipboard or hide a word. The joiners U+200C and U+200D stay, as scripts and emoji need them.
 */
export function visibleText(text: string): string {
  return text.replace(HIDDEN, character => {
    const code = character.codePointAt(0) ?? 0
    if (code < 0x20) return String.fromCharCode(0x2400 + code)
    return code === 0x7f ? '␡' : `⟨U+${code.toString(16).toUpperCase().padStart(4, '0')}⟩`
  })
}

const HIDDEN =
  /[\p{Cc}\p{Cs}\p{Noncharacter_Code_Point}\u00ad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]/gu
