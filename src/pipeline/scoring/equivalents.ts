import {expansionsOf} from './contractions.js'
import type {Tolerances} from './tolerances.js'

/** Words of a reference and words of a hypothesis that a tolerance takes for the same. */
export interface Equivalent {
  /** The first word, and how many. */
  readonly reference: number
  readonly referenceWords: number
  readonly hypothesis: number
  readonly hypothesisWords: number
}

/** Words that a compound may be written in. */
const MOST_PARTS = 4
const HYPHENS = /[-\u2010\u2011]/gu

interface Spelling {
  readonly key: string
  readonly start: number
  readonly words: number
  /** The word is a contraction, or the words are written as one or with hyphens elsewhere. */
  readonly single: boolean
}

/** Every place where the two sides write the same in different ways. */
export function findEquivalents(
  reference: readonly string[],
  hypothesis: readonly string[],
  tolerances: Tolerances,
): Equivalent[] {
  const heard = new Map<string, Spelling[]>()
  for (const spelling of spellings(hypothesis, tolerances)) {
    const list = heard.get(spelling.key)
    if (list === undefined) heard.set(spelling.key, [spelling])
    else list.push(spelling)
  }
  const found: Equivalent[] = []
  for (const {key, start, words, single} of spellings(reference, tolerances)) {
    for (const other of heard.get(key) ?? []) {
      if (!single && !other.single) continue
      if (words === other.words && sameWords(reference, start, hypothesis, other.start, words)) continue
      found.push({reference: start, referenceWords: words, hypothesis: other.start, hypothesisWords: other.words})
    }
  }
  return found
}

/** Keys are the same where a tolerance takes the spellings for the same; the two tolerances' are kept apart. */
function* spellings(words: readonly string[], {compounds, contractions}: Tolerances): Generator<Spelling> {
  for (let start = 0; start < words.length; start++) {
    if (compounds === true) {
      let joined = ''
      for (let count = 1; count <= MOST_PARTS && start + count <= words.length; count++) {
        joined += (words[start + count - 1] ?? '').replace(HYPHENS, '')
        if (joined !== '') yield {key: `\u0000${joined}`, start, words: count, single: count === 1}
      }
    }
    if (contractions !== true) continue
    for (const expansion of expansionsOf(words[start] ?? '')) yield {key: expansion, start, words: 1, single: true}
    if (start + 1 < words.length) yield {key: `${words[start]} ${words[start + 1]}`, start, words: 2, single: false}
  }
}

function sameWords(a: readonly string[], aStart: number, b: readonly string[], bStart: number, count: number): boolean {
  for (let i = 0; i < count; i++) if (a[aStart + i] !== b[bStart + i]) return false
  return true
}
