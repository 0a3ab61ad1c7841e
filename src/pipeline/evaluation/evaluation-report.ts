import {z} from 'zod'
import {ErrorRecordSchema, ModelRecord} from '../transcripts/results.js'

const count = z.int().min(0)
/** A share of 1; `null` where there is nothing to divide by. */
const rate = z.number().nullable()
const seconds = z.number().min(0)

export const CountsRecord = z.strictObject({
  hits: count,
  substitutions: count,
  deletions: count,
  insertions: count,
})

/** The measures of a set of utterances. Rates are shares of 1, not percent. */
const measures = {
  wer: rate.describe('Word error rate: (S + D + I) / words of the reference.'),
  cer: rate.describe('Character error rate.'),
  mer: rate.describe('Match error rate: (S + D + I) / (H + S + D + I).'),
  wil: rate.describe('Word information lost: 1 − wip.'),
  wip: rate.describe('Word information preserved: H / reference words × H / hypothesis words.'),
  wordAccuracy: rate.describe('1 − wer; below 0 where there are more errors than words.'),
  characterAccuracy: rate.describe('1 − cer.'),
  sentenceAccuracy: rate.describe('Share of utterances without an error.'),
}

export const IntervalRecord = z.strictObject({
  low: z.number(),
  high: z.number(),
  level: z.number().gt(0).lt(1),
  method: z.literal('bootstrap'),
  by: z.enum(['speaker', 'utterance']).describe('What is drawn again and again.'),
  units: count.describe('Speakers or utterances there are to draw from.'),
  samples: count,
  seed: z.int(),
})

export const GroupRecord = z.strictObject({
  value: z.string().describe('Of the column; for `length`, the range of seconds.'),
  utterances: count,
  audioSeconds: seconds.nullable(),
  ...measures,
  words: CountsRecord,
  characters: CountsRecord,
  interval: IntervalRecord.nullable().describe('Of wer; null below two units.'),
})

export const BreakdownRecord = z.strictObject({
  by: z.string().describe('`speaker`, `length`, or a column of the manifest.'),
  groups: z.array(GroupRecord),
})

const WordCount = z.strictObject({word: z.string(), count})

/** One utterance, enough to test two systems against each other without their texts. */
export const ScoreRecord = z.strictObject({
  id: z.string(),
  speaker: z.string().optional(),
  words: CountsRecord,
  characters: CountsRecord,
  operations: z
    .string()
    .regex(/^[=SDI]*$/)
    .describe('The alignment, a character a step: = S D I.'),
  referenceText: z.string().optional().describe('Absent with --no-texts.'),
  hypothesisText: z.string().optional(),
  durationSeconds: seconds.optional(),
  latencySeconds: seconds.optional(),
})

export const WorstRecord = z.strictObject({
  id: z.string(),
  speaker: z.string().optional(),
  audio: z.string().optional(),
  wer: rate,
  errors: count,
  reference: z.array(z.string()),
  hypothesis: z.array(z.string()),
  operations: z.string().regex(/^[=SDI]*$/),
})

export const GateRecord = z.strictObject({
  gate: z.enum([
    'max-wer',
    'max-cer',
    'max-regression',
    'max-empty',
    'max-repeated',
    'max-insertions',
    'min-rtfx',
    'speed-trade',
    'min-samples',
    'missing-utterances',
  ]),
  passed: z.boolean(),
  actual: z.number().nullable(),
  limit: z.number().nullable(),
  message: z.string().describe('One sentence: what was asked, what came, by how much it failed.'),
})

export const EvaluationReport = z.strictObject({
  type: z.literal('evaluation'),
  schema: z.literal(1),
  name: z.string(),
  ...measures,
  words: CountsRecord,
  characters: CountsRecord,
  utterances: z.strictObject({
    total: count,
    scored: count.describe('With a hypothesis; `failed` and `missing` are the others.'),
    correct: count,
    failed: count.describe('Could not be recognized; scored as empty hypotheses.'),
    missing: count.describe('Without any hypothesis; scored as empty ones.'),
    emptyReferences: count,
    emptyHypotheses: count,
  }),
  intervals: z.strictObject({wer: IntervalRecord.nullable(), cer: IntervalRecord.nullable()}),
  detectable: z
    .strictObject({wer: z.number(), power: z.number(), level: z.number(), units: count, correlation: z.number()})
    .nullable()
    .describe('The smallest difference of wer that a paired test on as many utterances would find.'),
  speed: z
    .strictObject({
      audioSeconds: seconds,
      wallSeconds: seconds,
      rtfx: rate.describe('Seconds of audio per second of wall clock, over the whole run.'),
      realTimeFactor: rate.describe('1 / rtfx.'),
      latencySeconds: z
        .strictObject({count, mean: seconds, p50: seconds, p90: seconds, p99: seconds, max: seconds})
        .nullable(),
    })
    .nullable()
    .describe('null where it was not measured: hypotheses of other programs, or a part of those of a run.'),
  collapse: z.strictObject({
    emptyRate: rate.describe('Utterances with words in the reference and none in the hypothesis.'),
    repetitionRate: rate.describe('Utterances whose hypothesis repeats itself.'),
    insertionRate: rate.describe('Insertions / words of the reference.'),
  }),
  breakdowns: z.array(BreakdownRecord),
  errors: z.strictObject({
    confusions: z.array(z.strictObject({reference: z.string(), hypothesis: z.string(), count})),
    substituted: z.array(WordCount),
    deleted: z.array(WordCount),
    inserted: z.array(WordCount),
  }),
  worst: z.array(WorstRecord),
  scores: z.array(ScoreRecord),
  failures: z.array(z.strictObject({id: z.string(), error: ErrorRecordSchema})),
  normalizer: z.strictObject({name: z.string(), hash: z.string(), description: z.string()}),
  scoring: z.record(z.string(), z.json()).describe('Tolerances, weights, transforms: what else changes the numbers.'),
  model: ModelRecord.nullable(),
  options: z.record(z.string(), z.json()).describe('Of the decoding.'),
  dataset: z.strictObject({
    name: z.string(),
    layout: z.string(),
    hash: z.string(),
    subset: z.strictObject({utterances: count, seed: z.int(), of: count}).nullable(),
    warnings: z.array(z.string()),
  }),
  environment: z.strictObject({
    version: z.string().describe('Of lingulu.'),
    commit: z.string().nullable(),
    node: z.string(),
    onnxruntime: z.string(),
    platform: z.string(),
    cpu: z.string(),
    cores: count,
    memoryBytes: count,
    gpu: z.string().nullable(),
    device: z.string().nullable().describe('The provider that ran the model.'),
  }),
  command: z.string().describe('The command line that repeats it.'),
  startedAt: z.iso.datetime(),
  finishedAt: z.iso.datetime(),
  gates: z.array(GateRecord),
  warnings: z.array(z.string()),
})

export type CountsRecord = Readonly<z.infer<typeof CountsRecord>>
export type IntervalRecord = Readonly<z.infer<typeof IntervalRecord>>
export type GroupRecord = Readonly<z.infer<typeof GroupRecord>>
export type BreakdownRecord = Readonly<z.infer<typeof BreakdownRecord>>
export type ScoreRecord = Readonly<z.infer<typeof ScoreRecord>>
export type WorstRecord = Readonly<z.infer<typeof WorstRecord>>
export type GateRecord = Readonly<z.infer<typeof GateRecord>>
export type EvaluationReport = Readonly<z.infer<typeof EvaluationReport>>
