const APOSTROPHE = /[’ʼ]/gu

/** What follows the apostrophe, and what it may stand for. */
const SUFFIXES: Readonly<Record<string, readonly string[]>> = {
  m: ['am'],
  re: ['are'],
  ve: ['have'],
  ll: ['will', 'shall'],
  d: ['had', 'would', 'did'],
  s: ['is', 'has'],
}

const IRREGULAR: Readonly<Record<string, readonly string[]>> = {
  "won't": ['will not'],
  "can't": ['can not'],
  cannot: ['can not'],
  "shan't": ['shall not'],
  "ain't": ['am not', 'is not', 'are not', 'has not', 'have not'],
  "let's": ['let us'],
}

/**
 * The two words that an English contraction may stand for, in its own letter case (`I'm` → `I am`, `WE'LL` → `WE WILL`,
 * `WE SHALL`); none for other words. A genitive (`John's`) cannot be told from a contraction, so it counts as one.
 */
export function expansionsOf(word: string): readonly string[] {
  const plain = word.replace(APOSTROPHE, "'")
  const lower = plain.toLowerCase()
  const irregular = Object.hasOwn(IRREGULAR, lower) ? IRREGULAR[lower] : undefined
  if (irregular !== undefined) return irregular.map(expansion => inCaseOf(plain, expansion))
  const at = plain.lastIndexOf("'")
  if (at <= 0) return []
  const base = plain.slice(0, at)
  const suffix = plain.slice(at + 1)
  if (/^t$/iu.test(suffix) && /.n$/iu.test(base)) return [`${base.slice(0, -1)} ${suffix === 'T' ? 'NOT' : 'not'}`]
  const key = suffix.toLowerCase()
  const words = Object.hasOwn(SUFFIXES, key) ? (SUFFIXES[key] ?? []) : []
  return words.map(expansion => `${base} ${suffix === key ? expansion : expansion.toUpperCase()}`)
}

function inCaseOf(word: string, expansion: string): string {
  if (word === word.toUpperCase()) return expansion.toUpperCase()
  if (word.charAt(0) === word.charAt(0).toLowerCase()) return expansion
  return expansion.charAt(0).toUpperCase() + expansion.slice(1)
}
