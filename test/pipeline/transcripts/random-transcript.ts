import type {Segment, Transcript, Word} from '../../../src/pipeline/transcripts/transcript.js'

/** A repeatable source of numbers from 0 to 1 (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

const WORDS = [
  'Hello',
  'naïve',
  '“quoted”',
  'it\'s "so"',
  'a,b;c',
  '你好',
  '😀',
  '<b>',
  '&amp;',
  'x=1',
  '#5',
  '100 %',
  'Ünïcödé.',
]

export function randomTranscript(seed: number, withWords: boolean): Transcript {
  const random = seededRandom(seed)
  const pick = () => WORDS[Math.floor(random() * WORDS.length)]!
  const segments: Segment[] = []
  let time = random() * 5000
  for (let id = 0; id < 1 + random() * 12; id++) {
    const words: Word[] = []
    const start = time
    for (let count = 0; count < 1 + random() * 9; count++) {
      const end = time + 0.02 + random() * 2
      words.push({word: ` ${pick()}`, start: time, end, probability: random()})
      time = end
    }
    segments.push({
      id,
      seek: id * 3000,
      start,
      end: time,
      text: words.map(({word}) => word).join(''),
      tokens: words.map((_, index) => index * 7),
      temperature: 0,
      averageLogProbability: -random() * 2,
      compressionRatio: random() * 3,
      noSpeechProbability: random() ** 20,
      ...(withWords && {words}),
    })
    time += random() * 6
  }
  return {
    text: segments.map(({text}) => text).join(''),
    language: 'en',
    durationSeconds: time,
    segments,
    suspects: [],
  }
}
