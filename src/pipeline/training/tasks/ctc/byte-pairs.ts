/** The mark of a word's beginning, as SentencePiece writes it. */
export const WORD_MARK = '▁'

/** Pieces in the order of their ids, the blank not among them, and merges in the order in which they are made. */
export interface BytePairs {
  readonly pieces: readonly string[]
  readonly merges: readonly (readonly [string, string])[]
}

const MOST_CHARACTERS = 16

/**
 * Learns pieces of words: what stands side by side most often becomes one piece, until there are enough of them (Sennrich,
 * Haddow, Birch, ACL 2016). Of equally frequent pairs the first in the order of code points is taken.
 *
 * @param size of all pieces, single characters included; fewer come of a small text
 */
export function learnBytePairs(texts: Iterable<string>, size: number): BytePairs {
  const counts = new Map<string, number>()
  for (const text of texts)
    for (const word of text.split(' ')) if (word !== '') counts.set(word, (counts.get(word) ?? 0) + 1)
  const words = [...counts].map(([word, count]) => ({pieces: [...`${WORD_MARK}${word}`], count}))
  const pieces = [...new Set(words.flatMap(word => word.pieces))].sort()
  const pairs = new PairTable(words)
  const merges: [string, string][] = []
  while (pieces.length < size) {
    const pair = pairs.mostFrequent()
    if (pair === undefined) break
    merges.push(pair)
    pieces.push(pair.join(''))
    pairs.merge(pair)
  }
  return {pieces, merges}
}

interface Word {
  pieces: string[]
  readonly count: number
}

interface PairPlaces {
  count: number
  /** In which the pair stands, or stood. */
  readonly words: Set<Word>
}

/** How often pairs of pieces stand side by side, kept up to date from merge to merge. */
class PairTable {
  readonly #pairs = new Map<string, PairPlaces>()

  constructor(words: readonly Word[]) {
    for (const word of words) this.#count(word, word.count)
  }

  mostFrequent(): [string, string] | undefined {
    let best: string | undefined
    let most = 1
    for (const [pair, {count}] of this.#pairs)
      if (count > most || (count === most && best !== undefined && pair < best)) {
        best = pair
        most = count
      }
    const [left, right] = best?.split(' ') ?? []
    return left === undefined || right === undefined ? undefined : [left, right]
  }

  merge(pair: readonly [string, string]): void {
    for (const word of this.#pairs.get(pair.join(' '))?.words ?? []) {
      this.#count(word, -word.count)
      word.pieces = merged(word.pieces, pair)
      this.#count(word, word.count)
    }
  }

  #count(word: Word, count: number): void {
    const {pieces} = word
    for (let at = 1; at < pieces.length; at++) {
      const pair = `${pieces[at - 1]} ${pieces[at]}`
      if (pair.length > MOST_CHARACTERS + 1) continue
      const known = this.#pairs.get(pair) ?? {count: 0, words: new Set()}
      known.count += count
      known.words.add(word)
      if (known.count > 0) this.#pairs.set(pair, known)
      else this.#pairs.delete(pair)
    }
  }
}

function merged(pieces: readonly string[], [left, right]: readonly [string, string]): string[] {
  const result: string[] = []
  for (let at = 0; at < pieces.length; at++) {
    const joins = pieces[at] === left && pieces[at + 1] === right
    result.push(joins ? left + right : (pieces[at] as string))
    if (joins) at++
  }
  return result
}

/** The pieces of a text: merges are made in their order, within words. */
export function createBytePairEncoder({merges}: BytePairs): (text: string) => readonly string[] {
  const ranks = new Map(merges.map(([left, right], rank) => [`${left} ${right}`, rank] as const))
  const known = new Map<string, readonly string[]>()
  const encodeWord = (word: string): readonly string[] => {
    let pieces = [...`${WORD_MARK}${word}`]
    for (;;) {
      let lowest: number | undefined
      for (let at = 1; at < pieces.length; at++) {
        const rank = ranks.get(`${pieces[at - 1]} ${pieces[at]}`)
        if (rank !== undefined && (lowest === undefined || rank < lowest)) lowest = rank
      }
      const pair = lowest === undefined ? undefined : merges[lowest]
      if (pair === undefined) return pieces
      pieces = merged(pieces, pair)
    }
  }
  return text =>
    text
      .split(' ')
      .filter(word => word !== '')
      .flatMap(word => {
        const found = known.get(word) ?? encodeWord(word)
        known.set(word, found)
        return found
      })
}
