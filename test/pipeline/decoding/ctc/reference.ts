import {readFileSync} from 'node:fs'
import {logSoftmax} from '../../../../src/pipeline/decoding/ctc/log-softmax.js'
import {type CtcVocabulary, ctcVocabulary} from '../../../../src/pipeline/decoding/ctc/vocabulary.js'

const folder = new URL('../../../data/ctc-reference/', import.meta.url)

/** A golden file of test/data/ctc-reference; its README says how it was made. */
export const readReference = (name: string) => JSON.parse(readFileSync(new URL(name, folder), 'utf8'))

export const referencePath = (name: string) => new URL(name, folder)

/** Uniform numbers from 0 to 1, the same for the same seed (mulberry32). */
export function randomNumbers(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

/** Log-probabilities of random frames; a greater `contrast` makes them more certain. */
export function randomFrames(seed: number, frames: number, size: number, contrast = 4): Float32Array {
  const random = randomNumbers(seed)
  return logSoftmax(
    Float32Array.from({length: frames * size}, () => (random() - 0.5) * 2 * contrast),
    size,
  )
}

/** `-` is the blank, `|` the delimiter. */
export function vocabularyOf(tokens: string): CtcVocabulary {
  const list = [...tokens]
  return ctcVocabulary({
    vocabulary: list,
    blank: list.indexOf('-'),
    wordDelimiter: list.includes('|') ? '|' : undefined,
    special: new Set([list.indexOf('-')]),
  })
}

/** Every way to say something in so many frames, with its log-probability. */
export function* allPaths(
  logProbabilities: Float32Array,
  size: number,
): Generator<{path: number[]; logProbability: number}> {
  const frames = logProbabilities.length / size
  for (let code = 0; code < size ** frames; code++) {
    const path: number[] = []
    let logProbability = 0
    for (let t = 0, rest = code; t < frames; t++, rest = Math.floor(rest / size)) {
      path.push(rest % size)
      logProbability += logProbabilities[t * size + (rest % size)]!
    }
    yield {path, logProbability}
  }
}

/** Joins repeats and drops blanks. */
export const collapse = (path: readonly number[], blank: number) =>
  path.filter((token, t) => token !== blank && token !== path[t - 1])

export function logAdd(a: number, b: number): number {
  const high = Math.max(a, b)
  return high === Number.NEGATIVE_INFINITY ? high : high + Math.log(Math.exp(a - high) + Math.exp(b - high))
}

/** log-probability of every label sequence (as `1,2,1`), summed over all its alignments. */
export function bruteForceSums(
  logProbabilities: Float32Array,
  size: number,
  keyOf: (path: readonly number[]) => string,
): Map<string, number> {
  const sums = new Map<string, number>()
  for (const {path, logProbability} of allPaths(logProbabilities, size)) {
    const key = keyOf(path)
    sums.set(key, logAdd(sums.get(key) ?? Number.NEGATIVE_INFINITY, logProbability))
  }
  return sums
}
