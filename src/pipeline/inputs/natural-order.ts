/**
 * Orders paths as people count: `take2` before `take10`, folder by folder. Independent of the locale, so that two
 * machines do the same work in the same order; texts that count the same (`01`, `1`) follow their code units.
 */
export function compareNaturally(a: string, b: string): number {
  const left = a.split('/')
  const right = b.split('/')
  for (const [index, part] of left.entries()) {
    const other = right[index]
    if (other === undefined) return 1
    const order = part === other ? 0 : compareParts(part, other)
    if (order !== 0) return order
  }
  if (left.length < right.length) return -1
  return compareUnits(a, b)
}

function compareParts(a: string, b: string): number {
  let left = 0
  let right = 0
  while (left < a.length && right < b.length) {
    const one = digitsAt(a, left)
    const other = digitsAt(b, right)
    const numbers = one !== '' && other !== ''
    const order = numbers ? compareNumbers(one, other) : a.charCodeAt(left) - b.charCodeAt(right)
    if (order !== 0) return order
    left += numbers ? one.length : 1
    right += numbers ? other.length : 1
  }
  return a.length - left - (b.length - right)
}

function digitsAt(text: string, start: number): string {
  let end = start
  while (end < text.length && text.charCodeAt(end) >= 0x30 && text.charCodeAt(end) <= 0x39) end++
  return text.slice(start, end)
}

// Digits are compared as text: a number in a file name may have more of them than a double holds.
function compareNumbers(a: string, b: string): number {
  const left = a.replace(/^0+/, '')
  const right = b.replace(/^0+/, '')
  return left.length - right.length || compareUnits(left, right)
}

const compareUnits = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
