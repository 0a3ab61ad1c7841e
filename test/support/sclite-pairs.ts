import {type Random, seededRandom} from '../../src/pipeline/decoding/random.js'
import type {TextPair} from './scoring-pairs.js'

const WORDS = 'a b c d e f g h ab ba uh um well river stone'.split(' ')

/** Pairs in which many alignments cost the same. */
export function* sclitePairs(count = 1500): Generator<TextPair> {
  for (let index = 0; index < count; index++) {
    const random = seededRandom('sclite pairs', index)
    const vocabulary = WORDS.slice(0, 2 + (index % 10))
    const list = () =>
      Array.from({length: 1 + Math.floor(random() * (index % 50 === 0 ? 150 : 18))}, () => pick(random, vocabulary))
    yield {reference: list().join(' '), hypothesis: list().join(' ')}
  }
}

/** NIST transcripts: alternatives, some of them in each other or empty, and optional words. */
export function* scliteTranscripts(count = 1500): Generator<TextPair> {
  for (let index = 0; index < count; index++) {
    const random = seededRandom('sclite transcripts', index)
    const vocabulary = WORDS.slice(0, 3 + (index % 8))
    const hypothesis = Array.from({length: 1 + Math.floor(random() * 12)}, () =>
      random() < 0.08 ? `(${pick(random, vocabulary)})` : pick(random, vocabulary),
    )
    yield {reference: transcript(random, vocabulary, 10, 0), hypothesis: hypothesis.join(' ')}
  }
}

function transcript(random: Random, vocabulary: readonly string[], longest: number, depth: number): string {
  const length = 1 + Math.floor(random() * longest)
  return Array.from({length}, () => {
    const draw = random()
    if (draw < 0.2 && depth < 2) {
      const choices = Array.from({length: 1 + Math.floor(random() * 3)}, () =>
        random() < 0.2 ? '@' : transcript(random, vocabulary, 3, depth + 1),
      )
      return `{ ${choices.join(' / ')} }`
    }
    return draw < 0.32 ? `(${pick(random, vocabulary)})` : pick(random, vocabulary)
  }).join(' ')
}

const pick = (random: Random, list: readonly string[]) => list[Math.floor(random() * list.length)] as string
