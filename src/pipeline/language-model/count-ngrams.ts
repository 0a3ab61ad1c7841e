import {type Corpus, SENTENCE_END_ID, SENTENCE_START_ID} from './corpus.js'
import {radixOrder} from './radix-order.js'

/** The n-grams of one order with their counts, sorted by their words. At order 1 there is one for each word number. */
export interface CountLevel {
  /** Number of the last word. */
  readonly words: Uint32Array
  /**
   * Kneser–Ney's adjusted counts: occurrences at the highest order and of n-grams that begin a sentence, else the number
   * of different words before them. `<s>` alone has 0.
   */
  readonly adjusted: Uint32Array
  /** Occurrences; those of `<s>` are not counted. */
  readonly occurrences: Uint32Array
  /** Place, in the level below, of the n-gram without its last word; empty at order 1. */
  readonly contexts: Uint32Array
  /** Place, in the level below, of the n-gram without its first word; empty at order 1. */
  readonly suffixes: Uint32Array
}

/**
 * Counts the n-grams of all orders up to `order`, as lmplz does: those of the highest order by sorting the corpus, each
 * lower order from the one above, whose n-grams without their first words are all that do not begin a sentence.
 * Needs some 20 bytes for each word of the corpus.
 *
 * @returns level k − 1 for order k
 */
export function countNgrams(corpus: Corpus, order: number): CountLevel[] {
  const groups: Group[] = []
  for (let length = order; length > 1; length--) groups.unshift(groupNgrams(corpus, length, groups[0]))
  const {ids} = corpus
  return [
    countUnigrams(corpus, groups[0]),
    ...groups.map((group, index): CountLevel => {
      const {starts, adjusted, occurrences} = group
      const below = groups[index - 1]
      const length = index + 2
      const words = starts.map(start => ids[start + length - 1] as number)
      const contexts =
        below === undefined ? starts.map(start => ids[start] as number) : prefixes(ids, group, below, length - 1)
      return {words, adjusted, occurrences, contexts, suffixes: below?.placeOf ?? words}
    }),
  ]
}

/** Different n-grams of one length, sorted. */
interface Group {
  /** Where in the corpus each one can be read. */
  readonly starts: Uint32Array
  readonly adjusted: Uint32Array
  readonly occurrences: Uint32Array
  /** For each n-gram of the level above its place here without its first word. */
  readonly placeOf: Uint32Array
}

function groupNgrams({ids, words}: Corpus, length: number, above: Group | undefined): Group {
  const starts = above === undefined ? windows(ids, length) : shorter(ids, length, above.starts)
  const order = new Uint32Array(starts.length)
  for (let i = 0; i < order.length; i++) order[i] = i
  radixOrder(order, length, words.size - 1, (key, items, into) => {
    for (let i = 0; i < items.length; i++) into[i] = ids[(starts[items[i] as number] as number) + key] as number
  })
  const occurrences = new Uint32Array(order.length)
  // At the highest order the two are the same.
  const adjusted = above === undefined ? occurrences : new Uint32Array(order.length)
  const placeOf = new Uint32Array(above?.starts.length ?? 0)
  // What was read of `order` makes room for where the n-grams start: there are never more of these.
  const first = order
  let place = -1
  for (let i = 0; i < order.length; i++) {
    const item = order[i] as number
    const start = starts[item] as number
    if (place < 0 || !isSame(ids, first[place] as number, start, length)) first[++place] = start
    if (item < placeOf.length) placeOf[item] = place
    occurrences[place] = (occurrences[place] as number) + (above?.occurrences[item] ?? 1)
    if (above !== undefined) adjusted[place] = (adjusted[place] as number) + 1
  }
  const counted = occurrences.slice(0, place + 1)
  return {
    starts: first.slice(0, place + 1),
    adjusted: above === undefined ? counted : adjusted.slice(0, place + 1),
    occurrences: counted,
    placeOf,
  }
}

/** Every place where `length` words of one sentence begin. */
function windows(ids: Uint32Array, length: number): Uint32Array {
  const starts = new Uint32Array(ids.length)
  let count = 0
  forEachSentence(ids, (from, to) => {
    for (let start = from; start + length <= to; start++) starts[count++] = start
  })
  return starts.subarray(0, count)
}

/** The n-grams of the level above without their first words, and after them the beginnings of sentences. */
function shorter(ids: Uint32Array, length: number, above: Uint32Array): Uint32Array {
  let count = above.length
  forEachSentence(ids, (from, to) => {
    if (from + length <= to) count++
  })
  const starts = new Uint32Array(count)
  for (let i = 0; i < above.length; i++) starts[i] = (above[i] as number) + 1
  count = above.length
  forEachSentence(ids, (from, to) => {
    if (from + length <= to) starts[count++] = from
  })
  return starts
}

/** @param visit takes the place of `<s>`, and that behind `</s>` */
function forEachSentence(ids: Uint32Array, visit: (from: number, to: number) => void): void {
  let from = 0
  for (let to = ids.indexOf(SENTENCE_END_ID) + 1; to > 0; to = ids.indexOf(SENTENCE_END_ID, from) + 1) {
    visit(from, to)
    from = to
  }
}

function isSame(ids: Uint32Array, a: number, b: number, length: number): boolean {
  for (let i = length - 1; i >= 0; i--) if (ids[a + i] !== ids[b + i]) return false
  return true
}

/** Both lists are sorted by their words, so the first words of one go through the other in step. */
function prefixes(ids: Uint32Array, {starts}: Group, below: Group, length: number): Uint32Array {
  const contexts = new Uint32Array(starts.length)
  let place = 0
  for (let i = 0; i < starts.length; i++) {
    while (!isSame(ids, below.starts[place] as number, starts[i] as number, length)) place++
    contexts[i] = place
  }
  return contexts
}

function countUnigrams({ids, words}: Corpus, above: Group | undefined): CountLevel {
  const adjusted = new Uint32Array(words.size)
  const occurrences = new Uint32Array(words.size)
  for (let i = 0; i < ids.length; i++) occurrences[ids[i] as number] = (occurrences[ids[i] as number] as number) + 1
  occurrences[SENTENCE_START_ID] = 0
  for (const start of above?.starts ?? [])
    adjusted[ids[start + 1] as number] = (adjusted[ids[start + 1] as number] as number) + 1
  const empty = new Uint32Array(0)
  return {
    words: Uint32Array.from({length: words.size}, (_, word) => word),
    adjusted: above === undefined ? occurrences : adjusted,
    occurrences,
    contexts: empty,
    suffixes: empty,
  }
}
