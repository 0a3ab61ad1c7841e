import type {NgramLevel} from './backoff-model.js'
import {startsOf} from './backoff-model.js'
import {readValues, writeValues} from './binary-values.js'
import {BitReader, BitWriter, golombBits} from './bit-stream.js'

/** The backoff of what nothing continues: it stays exact. */
const NO_BACKOFF = 0
/** No parameter of a code is higher: a word's number has 32 bits at most. */
const HIGHEST_PARAMETER = 24

const SAMPLED_NUMBERS = 100_000

/** Where a level stands in its model. */
export interface SectionPlace {
  /** n-grams of the level below; 0 for the 1-grams. */
  readonly below: number
  /** Bits of a quantized value, 0 for floats; 1-grams are never quantized. */
  readonly bits: number
  readonly isLast: boolean
}

/**
 * One order of a model. Above order 1 the words come first: 4 bytes with the length of what follows, one byte each with
 * the parameters of two Exp-Golomb codes, and then in bits, for each n-gram of the level below, how many words continue
 * it, and the differences between their ascending numbers, less one. Then the probabilities, and below the highest order
 * the backoffs (binary-values.ts).
 */
export function writeSection(level: NgramLevel, {below, bits, isLast}: SectionPlace): Uint8Array {
  const parts = below === 0 ? [] : [writeWords(level, below)]
  const valueBits = below === 0 ? 0 : bits
  parts.push(writeValues(level.log10, valueBits))
  if (!isLast) parts.push(writeValues(level.backoffs, valueBits, NO_BACKOFF))
  return Buffer.concat(parts)
}

/**
 * The inverse of {@link writeSection}.
 *
 * @param ngrams how many
 * @param words how many words there are
 * @throws RangeError where the bytes are no such section
 */
export function readSection(
  bytes: Uint8Array,
  {ngrams, words}: {readonly ngrams: number; readonly words: number},
  {below, bits, isLast}: SectionPlace,
): NgramLevel {
  // Every n-gram takes a bit at least: a wrong number must not fill the memory.
  if (ngrams > 8 * bytes.length) throw new RangeError('there are not so many n-grams')
  const tree = below === 0 ? unigrams(ngrams) : readWords(bytes, ngrams, words, below)
  const valueBits = below === 0 ? 0 : bits
  const log10 = readValues(bytes.subarray(tree.length), ngrams, valueBits)
  const from = tree.length + log10.length
  const backoffs = isLast
    ? {values: new Float32Array(0), length: 0}
    : readValues(bytes.subarray(from), ngrams, valueBits)
  if (from + backoffs.length !== bytes.length) throw new RangeError('there are more bytes than values')
  return {words: tree.words, contexts: tree.contexts, log10: log10.values, backoffs: backoffs.values}
}

function writeWords({words, contexts}: NgramLevel, below: number): Uint8Array {
  const starts = startsOf(contexts, below)
  const counts = new Uint32Array(below).map(
    (_, context) => (starts[context + 1] as number) - (starts[context] as number),
  )
  const gaps = words.map((word, i) => (contexts[i] === contexts[i - 1] ? word - (words[i - 1] as number) - 1 : word))
  const countParameter = bestParameter(counts)
  const gapParameter = bestParameter(gaps)
  const writer = new BitWriter()
  writer.write(countParameter, 8)
  writer.write(gapParameter, 8)
  for (let context = 0; context < below; context++) {
    writer.writeGolomb(counts[context] as number, countParameter)
    for (let i = starts[context] as number; i < (starts[context + 1] as number); i++)
      writer.writeGolomb(gaps[i] as number, gapParameter)
  }
  const bits = writer.bytes()
  const length = new Uint8Array(4)
  new DataView(length.buffer).setUint32(0, bits.length, true)
  return Buffer.concat([length, bits])
}

/** Of all the parameters that with which the numbers, or enough of them to tell, take the fewest bits. */
function bestParameter(numbers: Uint32Array): number {
  const step = Math.ceil(numbers.length / SAMPLED_NUMBERS)
  let best = 0
  let fewest = Number.POSITIVE_INFINITY
  for (let parameter = 0; parameter <= HIGHEST_PARAMETER; parameter++) {
    let bits = 0
    for (let i = 0; i < numbers.length; i += step) bits += golombBits(numbers[i] as number, parameter)
    if (bits < fewest) best = parameter
    fewest = Math.min(fewest, bits)
  }
  return best
}

interface WordTree {
  readonly words: Uint32Array
  readonly contexts: Uint32Array
  /** Bytes of it. */
  readonly length: number
}

function unigrams(ngrams: number): WordTree {
  return {words: new Uint32Array(ngrams).map((_, word) => word), contexts: new Uint32Array(0), length: 0}
}

function readWords(bytes: Uint8Array, ngrams: number, vocabulary: number, below: number): WordTree {
  if (bytes.length < 6) throw new RangeError('there are no words')
  const length = 4 + new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true)
  if (length > bytes.length) throw new RangeError('words are missing')
  const reader = new BitReader(bytes.subarray(4, length))
  const countParameter = reader.read(8)
  const gapParameter = reader.read(8)
  const words = new Uint32Array(ngrams)
  const contexts = new Uint32Array(ngrams)
  let ngram = 0
  for (let context = 0; context < below; context++) {
    const end = ngram + reader.readGolomb(countParameter)
    if (end > ngrams) throw new RangeError('there are more n-grams than announced')
    for (let word = -1; ngram < end; ngram++) {
      word += 1 + reader.readGolomb(gapParameter)
      if (word >= vocabulary) throw new RangeError('a word is not in the vocabulary')
      words[ngram] = word
      contexts[ngram] = context
    }
  }
  if (ngram !== ngrams || reader.left >= 8) throw new RangeError('there are fewer n-grams than announced')
  return {words, contexts, length}
}
