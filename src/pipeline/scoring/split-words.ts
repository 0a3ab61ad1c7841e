import {strip} from '../text/strip.js'

const SPACE = 0x20

/**
 * The words of a text as jiwer's default transform has them: runs of two or more white-space characters become one space,
 * white space at both ends goes, and what is between spaces is a word. A single tab or no-break space inside a line does
 * not separate words there, and so neither here; the normalizers make spaces of them.
 */
export function splitWords(text: string): string[] {
  const words: string[] = []
  let start = 0
  let at = 0
  while (at < text.length) {
    const unit = text.charCodeAt(at)
    if (!isSpace(unit)) {
      at++
      continue
    }
    let end = at + 1
    while (end < text.length && isSpace(text.charCodeAt(end))) end++
    if (unit === SPACE || end - at > 1 || at === 0 || end === text.length) {
      if (at > start) words.push(text.slice(start, at))
      start = end
    }
    at = end
  }
  if (start < text.length) words.push(text.slice(start))
  return words
}

/** What {@link strip} removes: Python's white space, decided quickly for nearly all letters. */
function isSpace(unit: number): boolean {
  if (unit <= SPACE) return unit === SPACE || strip(String.fromCharCode(unit)) === ''
  if (unit < 0x85 || (unit > 0xa0 && unit < 0x1680) || unit > 0x3000) return false
  return strip(String.fromCharCode(unit)) === ''
}
