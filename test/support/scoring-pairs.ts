import {type Random, seededRandom} from '../../src/pipeline/decoding/random.js'

/** A reference and a hypothesis. */
export interface TextPair {
  readonly reference: string
  readonly hypothesis: string
}

const EVERYDAY = (
  'the a of and to in is it that was he for on are with as his they at be this from have or by one had not but what all ' +
  'were when we there can an your which their said if do will each about how up out them then she many some so these would ' +
  'river window seven morning letter garden yellow engine station paper forty listen quiet winter basket copper machine'
).split(' ')
const FEW = ['no', 'yes', 'no-no', 'oh']
const SCRIPTS = [
  'naïve',
  'nai\u0308ve',
  'straße',
  'ΑΒΓ',
  'привет',
  'мир',
  'שלום',
  'مرحبا',
  'नमस्ते',
  '日本語',
  'です',
  '안녕',
  '🙂',
  '👩‍👩‍👧',
  '🇩🇪',
  'e\u0301',
  'é',
  'İ',
  'ı',
  '\u{1d49c}',
  'ﬁ',
  'fi',
]
const SPACES = [' ', ' ', ' ', ' ', '  ', '   ', '\t\t', ' \n', '\u00a0 ', '\u2003\u2003', '\u3000 ']
const EDGES = ['', '', ' ', '\t', '\u00a0', '\u001f ', '\ufeff', '\u0085', '\u2028']

export const PAIR_COUNT = 10_400

/** The same pairs on every machine: random ones of every kind that has bitten an aligner, and edge cases. */
export function* scoringPairs(count = PAIR_COUNT): Generator<TextPair> {
  for (let index = 0; index < count; index++) yield scoringPair(index)
}

function scoringPair(index: number): TextPair {
  const random = seededRandom('scoring pairs', index)
  const pick = <T>(list: readonly T[]) => list[Math.floor(random() * list.length)] as T
  switch (index % 13) {
    case 0:
      return {reference: pick([...EDGES, ...SCRIPTS]), hypothesis: pick([...EDGES, ...FEW, 'a b c'])}
    case 1:
      return join(random, sentence(random, FEW, 12), sentence(random, FEW, 12))
    case 2:
      return join(random, sentence(random, SCRIPTS, 20), sentence(random, SCRIPTS, 20))
    case 3:
      return join(random, ...disturbed(random, SCRIPTS, 30, 0.4))
    case 4:
      return join(random, ...repeated(random))
    case 5:
      return join(random, ...disturbed(random, FEW, 90, 0.5))
    case 6:
      return join(random, ...disturbed(random, EVERYDAY, 140, random()))
    case 7:
      return join(random, ...shifted(random))
    default:
      return join(random, ...disturbed(random, EVERYDAY, 40, random() * 0.6))
  }
}

/**
 * Pairs of thousands of words, where rapidfuzz cuts the matrix in two, and pairs beside the sizes at which it begins to.
 * `words`: distinct words; few make many alignments equally good.
 */
export function longPair(length: number, words: number, errorRate: number, seed: number): [string[], string[]] {
  const random = seededRandom('long pair', length, words, String(errorRate), seed)
  const vocabulary = Array.from({length: words}, (_, i) => `w${i}`)
  return disturbedFrom(
    random,
    Array.from({length}, () => skewed(random, vocabulary)),
    vocabulary,
    errorRate,
  )
}

export const LONG_PAIRS: readonly (readonly [length: number, words: number, errorRate: number])[] = [
  [33, 5, 0.5],
  [64, 5, 0.3],
  [65, 4, 0.6],
  [500, 20, 0.3],
  [1500, 30, 0.9],
  [2040, 4, 0.4],
  [2047, 300, 0.2],
  [2048, 300, 0.2],
  [2060, 2, 0.5],
  [2100, 4, 0.9],
  [3000, 3000, 0.05],
  [3000, 10, 0.29],
  [4000, 6, 0.6],
  [5000, 2000, 0.29],
  [6000, 40, 0.1],
  [7001, 3, 0.3],
  [10_000, 3000, 0.1],
  [10_000, 3000, 0.29],
  [10_000, 50, 0.29],
  [10_000, 2, 0.5],
  [12_000, 500, 0.95],
]

/** The first words of a list come far more often than the last, as words do. */
function skewed(random: Random, vocabulary: readonly string[]): string {
  return vocabulary[Math.floor(random() ** 3 * vocabulary.length)] as string
}

function sentence(random: Random, vocabulary: readonly string[], longest: number): string[] {
  return Array.from({length: Math.floor(random() * (longest + 1))}, () => skewed(random, vocabulary))
}

function disturbed(random: Random, vocabulary: readonly string[], longest: number, rate: number): [string[], string[]] {
  return disturbedFrom(random, sentence(random, vocabulary, longest), vocabulary, rate)
}

function disturbedFrom(
  random: Random,
  reference: string[],
  vocabulary: readonly string[],
  rate: number,
): [string[], string[]] {
  const hypothesis: string[] = []
  for (const word of reference) {
    const draw = random() / Math.max(rate, 1e-9)
    if (draw >= 1) hypothesis.push(word)
    else if (draw < 0.5) hypothesis.push(skewed(random, vocabulary))
    else if (draw < 0.75) hypothesis.push(word, skewed(random, vocabulary))
  }
  return [reference, hypothesis]
}

/** A phrase that goes round and round, as recognizers do. */
function repeated(random: Random): [string[], string[]] {
  const phrase = sentence(random, EVERYDAY, 5)
  const times = () => Array.from({length: Math.floor(random() * 12)}, () => phrase).flat()
  return [times(), disturbedFrom(random, times(), EVERYDAY, random() * 0.3)[1]]
}

/** One side begins or ends elsewhere. */
function shifted(random: Random): [string[], string[]] {
  const words = sentence(random, EVERYDAY, 60)
  const from = Math.floor(random() * words.length)
  return random() < 0.5 ? [words, words.slice(from)] : [words.slice(0, from), [...words.slice(from), ...words]]
}

function join(random: Random, reference: readonly string[], hypothesis: readonly string[]): TextPair {
  const write = (words: readonly string[]) => {
    let text = random() < 0.05 ? ' ' : ''
    for (const [i, word] of words.entries()) text += i === 0 ? word : `${space(random)}${word}`
    return random() < 0.05 ? `${text}\n` : text
  }
  return {reference: write(reference), hypothesis: write(hypothesis)}
}

const space = (random: Random) => (random() < 0.9 ? ' ' : (SPACES[Math.floor(random() * SPACES.length)] as string))
