/**
 * What Python's `re` understands by `\w`, `\s` and `\d` in texts, as the inside of a JavaScript class of the flag `u`. JavaScript's own differ: its `\w`, `\d` and `\b` know ASCII only; its `\s` has U+FEFF and lacks U+001C–U+001F and
 * U+0085.
 */
export const WORD = String.raw`\p{L}\p{N}_`
export const SPACE = String.raw`\t-\r\x1C-\x20\x85\xA0\u1680\u2000-\u200A\u2028\u2029\u202F\u205F\u3000`
export const DIGIT = String.raw`\p{Nd}`

const SPACES = new RegExp(`[${SPACE}]+`, 'u')

/** Python's `str.split()`. */
export const splitWords = (text: string): string[] => text.split(SPACES).filter(word => word !== '')
