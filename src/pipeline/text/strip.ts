/**
 * Removes white space at both ends as Python's `str.strip()` does. `String.trim()` differs: it keeps U+001C–U+001F and
 * U+0085 and removes U+FEFF.
 */
export function strip(text: string): string {
  let start = 0
  let end = text.length
  while (start < end && isSpace(text.charCodeAt(start))) start++
  while (end > start && isSpace(text.charCodeAt(end - 1))) end--
  return text.slice(start, end)
}

function isSpace(unit: number): boolean {
  if (unit <= 0x20) return unit === 0x20 || (unit >= 0x09 && unit <= 0x0d) || unit >= 0x1c
  if (unit < 0x1680) return unit === 0x85 || unit === 0xa0
  return (unit >= 0x2000 && unit <= 0x200a) || OTHER_SPACES.has(unit)
}

const OTHER_SPACES = new Set([0x1680, 0x2028, 0x2029, 0x202f, 0x205f, 0x3000])
