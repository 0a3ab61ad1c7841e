const graphemes = new Intl.Segmenter('und', {granularity: 'grapheme'})

/** East Asian wide and fullwidth characters (UAX #11), without the emoji. */
const WIDE =
  /[\u1100-\u115f\u2329\u232a\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{16fe0}-\u{18fff}\u{1aff0}-\u{1b2ff}\u{20000}-\u{3fffd}]/u
const EMOJI = /\p{Emoji_Presentation}|\ufe0f/u
/** Marks, formats, and the vowels and finals that are written into a Hangul syllable. */
const NO_WIDTH = /[\p{Mn}\p{Me}\p{Cf}\p{Cc}\u1160-\u11ff]/u
const PLAIN = /^[\x20-\x7e]*$/

/**
 * Columns that a text takes in a terminal: two for East Asian wide characters, none for combining marks, and two for an
 * emoji, of however many code points it is made.
 */
export function displayWidth(text: string): number {
  if (PLAIN.test(text)) return text.length
  let width = 0
  for (const {segment} of graphemes.segment(text)) {
    if (EMOJI.test(segment)) width += 2
    else for (const character of segment) width += NO_WIDTH.test(character) ? 0 : WIDE.test(character) ? 2 : 1
  }
  return width
}
