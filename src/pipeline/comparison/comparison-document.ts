import {z} from 'zod'
import {CountsRecord, EvaluationReport} from '../evaluation/evaluation-report.js'

const count = z.int().min(0)
const rate = z.number().nullable()
const share = z.number().min(0).max(1)
const report = EvaluationReport.shape

/** One of the runs that stand side by side: what its report says of the whole. */
export const RunRecord = z.strictObject({
  label: z.string().describe('What the run is called here: its file’s name, or the path where names are the same.'),
  file: z.string(),
  name: report.name,
  wer: rate,
  cer: rate,
  sentenceAccuracy: rate,
  words: CountsRecord,
  utterances: report.utterances,
  intervals: report.intervals,
  speed: report.speed,
  model: report.model,
  normalizer: report.normalizer,
  scoring: report.scoring,
  dataset: report.dataset.omit({warnings: true}),
  environment: report.environment,
  finishedAt: report.finishedAt,
})

/** Differences are those of the run from the first: above 0 there are more errors. */
const MapssweRecord = z.strictObject({
  segments: count,
  meanDifference: z.number().describe('Errors per segment.'),
  standardDeviation: z.number().min(0),
  z: rate.describe('null where all segments differ by the same number of errors.'),
  p: share,
  level: share,
  significant: z.boolean(),
  wholeUtterances: count.describe('Utterances that count as one segment: their references differ in length.'),
})

const McNemarRecord = z.strictObject({
  firstOnly: count.describe('Utterances that only the first run has without an error.'),
  secondOnly: count,
  method: z.enum(['exact', 'chi-squared']),
  p: share,
  level: share,
  significant: z.boolean(),
})

const BootstrapRecord = z.strictObject({
  difference: z.number(),
  low: z.number(),
  high: z.number(),
  level: share,
  p: share,
  improvement: share.describe('Share of the resamples in which this run makes fewer errors than the first.'),
  by: z.enum(['speaker', 'utterance']),
  units: count,
  samples: count,
  seed: z.int(),
})

const ChangeRecord = z.strictObject({
  id: z.string(),
  speaker: z.string().optional(),
  words: count.describe('Of the reference.'),
  firstErrors: count,
  errors: count,
  referenceText: z.string().optional().describe('Texts where both reports have them.'),
  firstHypothesisText: z.string().optional(),
  hypothesisText: z.string().optional(),
})

/** A run against the first. */
export const DifferenceRecord = z.strictObject({
  label: z.string(),
  wer: rate.describe('WER − the first run’s.'),
  cer: rate,
  sentenceAccuracy: rate,
  relativeWer: rate.describe('Difference of WER / WER of the first run.'),
  speedup: rate.describe('RTFx / RTFx of the first run; null also where another machine measured it.'),
  notComparable: z.array(z.string()).describe('Why there are no tests; empty where there are.'),
  otherMachine: z.string().nullable().describe('In what the machines differ, and speeds cannot be compared.'),
  tests: z
    .strictObject({mapsswe: MapssweRecord, mcnemar: McNemarRecord, bootstrap: BootstrapRecord.nullable()})
    .nullable(),
  changed: z.array(ChangeRecord).describe('Utterances whose errors changed most.'),
  improvedUtterances: count.nullable(),
  worsenedUtterances: count.nullable(),
})

/** What `lingulu compare --json` prints. */
export const ComparisonDocument = z.strictObject({
  type: z.literal('comparison'),
  schema: z.literal(1),
  runs: z.array(RunRecord).min(2),
  differences: z.array(DifferenceRecord).describe('One for each run but the first.'),
})

export type RunRecord = Readonly<z.infer<typeof RunRecord>>
export type DifferenceRecord = Readonly<z.infer<typeof DifferenceRecord>>
export type ChangeRecord = Readonly<z.infer<typeof ChangeRecord>>
export type ComparisonDocument = Readonly<z.infer<typeof ComparisonDocument>>
