import type {
  BreakdownRecord,
  CountsRecord,
  EvaluationReport,
  GroupRecord,
  IntervalRecord,
  ScoreRecord,
} from '../../src/pipeline/evaluation/evaluation-report.js'

/**
 * A report in which every part has something to show, and whose numbers add up: six utterances of three speakers, one of
 * which failed. The sentences are invented.
 */
export function exampleReport(overrides: Partial<EvaluationReport> = {}): EvaluationReport {
  return {
    type: 'evaluation',
    schema: 1,
    name: 'whisper-nano on samples',
    ...measuresOf(SCORES),
    utterances: {
      total: 6,
      scored: 5,
      correct: 1,
      failed: 1,
      missing: 0,
      emptyReferences: 0,
      emptyHypotheses: 1,
    },
    intervals: {wer: interval(0.0917, 0.5455), cer: interval(0.0641, 0.5192)},
    detectable: {wer: 0.184, power: 0.8, level: 0.95, units: 6, correlation: 0.5},
    speed: {
      audioSeconds: 18.3,
      wallSeconds: 2.4,
      rtfx: 7.625,
      realTimeFactor: 0.1311,
      latencySeconds: {count: 5, mean: 0.48, p50: 0.42, p90: 0.71, p99: 0.788, max: 0.8},
    },
    collapse: {emptyRate: 1 / 6, repetitionRate: 1 / 6, insertionRate: 3 / 42},
    breakdowns: [
      breakdown('speaker', ({speaker}) => speaker ?? ''),
      breakdown('length', ({durationSeconds = 0}) => (durationSeconds < 3 ? '2–3 s' : '3–5 s')),
      breakdown('accent', ({speaker}) => (speaker === 'carla' ? 'southern' : 'northern')),
    ],
    errors: {
      confusions: [
        {reference: 'red', hypothesis: 'read', count: 1},
        {reference: 'the', hypothesis: 'a', count: 1},
      ],
      substituted: [
        {word: 'red', count: 1},
        {word: 'the', count: 1},
      ],
      deleted: [
        {word: 'counted', count: 1},
        {word: 'forty', count: 1},
        {word: 'lanterns', count: 1},
        {word: 'the', count: 1},
        {word: 'two', count: 1},
        {word: 'we', count: 1},
      ],
      inserted: [
        {word: 'turn', count: 2},
        {word: 'yesterday', count: 1},
      ],
    },
    worst: [
      {
        id: 'carla-1',
        speaker: 'carla',
        audio: 'audio/carla 1.flac',
        wer: 1,
        errors: 5,
        reference: ['we', 'counted', 'forty', 'two', 'lanterns'],
        hypothesis: [],
        operations: 'DDDDD',
      },
      {
        id: 'carla-2',
        speaker: 'carla',
        audio: 'audio/carla 2.flac',
        wer: 2 / 6,
        errors: 2,
        reference: ['turn', 'left', 'at', 'the', 'old', 'mill'],
        hypothesis: ['turn', 'turn', 'turn', 'left', 'at', 'the', 'old', 'mill'],
        operations: 'II======',
      },
      {
        id: 'bruno-1',
        speaker: 'bruno',
        wer: 2 / 8,
        errors: 2,
        reference: ['seven', 'red', 'apples', 'fell', 'on', 'the', 'wet', 'grass'],
        hypothesis: ['seven', 'read', 'apples', 'fell', 'on', 'the', 'wet', 'grass', 'yesterday'],
        operations: '=S======I',
      },
    ],
    scores: SCORES,
    failures: [
      {
        id: 'carla-1',
        error: {code: 'AUDIO_CORRUPT', message: 'audio/carla 1.flac: frame 12 is damaged', hint: 'Fetch it again.'},
      },
    ],
    normalizer: {
      name: 'basic',
      hash: '5e1a0c2d9b7f4e6a8c3d1f0b2a4c6e8d7f9b1a3c5e7d9f0b2c4a6e8d1f3b5a7c',
      description: "Whisper's basic normalizer: lower case, no brackets, no punctuation.",
    },
    scoring: {weights: 'unit', tolerances: {compounds: false, contractions: false}},
    model: {
      name: 'whisper-nano',
      hash: '0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0',
      precision: 'fp32',
      provider: 'cpu',
    },
    options: {language: 'en', temperature: [0], beamSize: null},
    dataset: {
      name: 'samples',
      layout: 'jsonl',
      hash: 'a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8f90',
      subset: {utterances: 6, seed: 1, of: 40},
      warnings: ['samples/manifest.jsonl, line 7: the same recording as line 3'],
    },
    environment: {
      version: '0.1.0',
      commit: '0123456789abcdef0123456789abcdef01234567',
      node: '20.20.0',
      onnxruntime: '1.30.0',
      platform: 'linux x64',
      cpu: 'Example CPU at 3.0 GHz',
      cores: 2,
      memoryBytes: 8_000_000_000,
      gpu: null,
      device: 'cpu',
    },
    command: 'lingulu evaluate samples --model whisper-nano --subset 6 --max-wer 0.2',
    startedAt: '2026-01-02T03:04:05.000Z',
    finishedAt: '2026-01-02T03:04:08.000Z',
    gates: [
      {
        gate: 'max-wer',
        passed: false,
        actual: 11 / 42,
        limit: 0.2,
        message: 'WER is 26.19 %, over the limit of 20.00 % by 6.19 points.',
      },
      {
        gate: 'max-repeated',
        passed: true,
        actual: 1 / 6,
        limit: 0.2,
        message: 'Repeating hypotheses are 16.67 %, within the limit of 20.00 %.',
      },
    ],
    warnings: ['6 utterances are few: the interval is wide.'],
    ...overrides,
  }
}

const interval = (low: number, high: number): IntervalRecord => ({
  low,
  high,
  level: 0.95,
  method: 'bootstrap',
  by: 'speaker',
  units: 3,
  samples: 10_000,
  seed: 1,
})

/** `characters` are hits, substitutions, deletions, insertions. */
const score = (
  id: string,
  texts: readonly [reference: string, hypothesis: string],
  operations: string,
  characters: readonly [number, number, number, number],
  seconds: readonly [duration: number, latency: number | undefined],
): ScoreRecord => ({
  id,
  speaker: id.slice(0, -2),
  words: {
    hits: count(operations, '='),
    substitutions: count(operations, 'S'),
    deletions: count(operations, 'D'),
    insertions: count(operations, 'I'),
  },
  characters: {
    hits: characters[0],
    substitutions: characters[1],
    deletions: characters[2],
    insertions: characters[3],
  },
  operations,
  referenceText: texts[0],
  hypothesisText: texts[1],
  durationSeconds: seconds[0],
  ...(seconds[1] === undefined ? {} : {latencySeconds: seconds[1]}),
})

const count = (operations: string, operation: string): number => operations.split(operation).length - 1

const SCORES: ScoreRecord[] = [
  score(
    'anna-1',
    ['The kettle sings before the tea is ready.', 'The kettle sings before the tea is ready.'],
    '========',
    [40, 0, 0, 0],
    [3.1, 0.4],
  ),
  score(
    'anna-2',
    ['A small boat left the harbour at noon.', 'A small boat left harbour at noon.'],
    '====D===',
    [33, 0, 4, 0],
    [2.9, 0.42],
  ),
  score(
    'bruno-1',
    ['Seven red apples fell on the wet grass.', 'Seven read apples fell on the wet grass yesterday.'],
    '=S======I',
    [38, 0, 0, 11],
    [3.6, 0.58],
  ),
  score(
    'bruno-2',
    ['Nobody told the gardener about the frost.', 'Nobody told a gardener about the frost.'],
    '==S====',
    [37, 1, 2, 0],
    [3.3, 0.2],
  ),
  score('carla-1', ['We counted forty-two lanterns.', ''], 'DDDDD', [0, 0, 29, 0], [2.6, undefined]),
  score(
    'carla-2',
    ['Turn left at the old mill.', 'Turn, turn, turn left at the old mill.'],
    'II======',
    [25, 0, 0, 10],
    [2.8, 0.8],
  ),
]

function breakdown(by: string, keyOf: (score: ScoreRecord) => string): BreakdownRecord {
  const values = [...new Set(SCORES.map(keyOf))]
  return {
    by,
    groups: values.map(value =>
      group(
        value,
        SCORES.filter(score => keyOf(score) === value),
      ),
    ),
  }
}

function group(value: string, scores: readonly ScoreRecord[]): GroupRecord {
  const measures = measuresOf(scores)
  const wer = measures.wer ?? 0
  return {
    value,
    utterances: scores.length,
    audioSeconds: scores.reduce((total, {durationSeconds = 0}) => total + durationSeconds, 0),
    ...measures,
    interval: scores.length > 2 ? {...interval(wer * 0.6, wer * 1.5), by: 'utterance', units: scores.length} : null,
  }
}

/** By the definitions, so that the fixture does not depend on the code that computes them. */
function measuresOf(scores: readonly ScoreRecord[]) {
  const words = sum(scores.map(({words}) => words))
  const characters = sum(scores.map(({characters}) => characters))
  const correct = scores.filter(({operations}) => /^=*$/.test(operations)).length
  const wip =
    (words.hits / (words.hits + words.substitutions + words.deletions)) *
    (words.hits / Math.max(1, words.hits + words.substitutions + words.insertions))
  const wer = errorRate(words)
  const cer = errorRate(characters)
  return {
    wer,
    cer,
    mer: 1 - words.hits / (words.hits + words.substitutions + words.deletions + words.insertions),
    wil: 1 - wip,
    wip,
    wordAccuracy: 1 - wer,
    characterAccuracy: 1 - cer,
    sentenceAccuracy: correct / scores.length,
    words,
    characters,
  }
}

const errorRate = ({hits, substitutions, deletions, insertions}: CountsRecord): number =>
  (substitutions + deletions + insertions) / (hits + substitutions + deletions)

const sum = (counts: readonly CountsRecord[]): CountsRecord =>
  counts.reduce((a, b) => ({
    hits: a.hits + b.hits,
    substitutions: a.substitutions + b.substitutions,
    deletions: a.deletions + b.deletions,
    insertions: a.insertions + b.insertions,
  }))
