import {z} from 'zod'
import {OUTPUT_FORMATS} from './writers.js'

/** JSON has no NaN: a number that is none is `null`. */
const measure = z.number().nullable()
const seconds = z.number().min(0)

export const WordRecord = z.strictObject({
  word: z.string().describe('As the tokenizer gives it, usually with a leading space.'),
  start: z.number(),
  end: z.number(),
  probability: measure,
})

export const SegmentRecord = z.strictObject({
  id: z.int(),
  seek: z.int().describe('Start of the decoded window in steps of 10 ms.'),
  start: z.number().describe('Seconds from the start of the recording.'),
  end: z.number(),
  text: z.string(),
  tokens: z.array(z.int()),
  temperature: z.number(),
  averageLogProbability: measure,
  compressionRatio: measure,
  noSpeechProbability: measure,
  words: z.array(WordRecord).optional(),
})

export const SuspectRecord = z.strictObject({
  kind: z.enum(['loop', 'silence', 'low-confidence', 'timestamps-clamped', 'timestamps-past-end']),
  segment: z.int().describe('id of the segment.'),
  detail: z.string(),
})

export const ModelRecord = z.strictObject({
  name: z.string(),
  hash: z.string().describe('SHA-256 over the model files that were used.'),
  precision: z.string(),
  provider: z.string(),
})

export const ErrorRecordSchema = z.strictObject({
  code: z.string(),
  message: z.string(),
  hint: z.string().optional(),
})

export const TimingsRecord = z.strictObject({
  wallSeconds: seconds.describe('From the start of decoding the audio to the last output.'),
  audioSeconds: seconds.optional().describe('Reading, decoding and features.'),
  encoderSeconds: seconds.optional(),
  decoderSeconds: seconds.optional(),
  alignmentSeconds: seconds.optional(),
})

export const OutputRecord = z.strictObject({format: z.enum(OUTPUT_FORMATS), path: z.string()})

const InputRecord = {
  type: z.literal('result'),
  audio: z.string().describe('The input as it was named.'),
  id: z.string().optional().describe('From the manifest.'),
}

/** One channel of one input that was transcribed, now or (resumed) in the run that this one goes on with. */
export const TranscribedRecord = z.strictObject({
  ...InputRecord,
  status: z.literal('ok'),
  channel: z.string().optional().describe('left, right, 0, 1, … where channels were split.'),
  resumed: z.boolean().optional(),
  text: z.string(),
  language: z.string().optional(),
  languageProbability: z.number().optional(),
  durationSeconds: seconds,
  segments: z.array(SegmentRecord),
  suspects: z.array(SuspectRecord),
  warnings: z.array(z.string()),
  outputs: z.array(OutputRecord),
  model: ModelRecord,
  options: z.record(z.string(), z.json()),
  timings: TimingsRecord,
  rtfx: measure.describe('Seconds of audio per second of wall clock.'),
})

export const FailedRecord = z.strictObject({
  ...InputRecord,
  status: z.literal('failed'),
  error: ErrorRecordSchema,
})

/** All outputs were there already (`--on-exists skip`). */
export const SkippedRecord = z.strictObject({
  ...InputRecord,
  status: z.literal('skipped'),
  outputs: z.array(OutputRecord),
})

/** What became of one input: a line of `--jsonl`, a member of `results` of `--json`. */
export const ResultRecord = z.discriminatedUnion('status', [TranscribedRecord, FailedRecord, SkippedRecord])

/** The end of a run: the last line of `--jsonl`, `summary` of `--json`. */
export const SummaryRecord = z.strictObject({
  type: z.literal('summary'),
  version: z.string(),
  model: ModelRecord.optional(),
  options: z.record(z.string(), z.json()),
  inputs: z.strictObject({
    total: z.int().min(0).describe('More than the sum of the others if the run ended early (--fail-fast).'),
    ok: z.int().min(0),
    failed: z.int().min(0),
    skipped: z.int().min(0),
    resumed: z.int().min(0).describe('Of the ok ones, those taken from the journal.'),
  }),
  suspects: z.int().min(0),
  audioSeconds: seconds.describe('Audio transcribed in this run; resumed inputs do not count.'),
  wallSeconds: seconds,
  rtfx: measure,
  failures: z.array(z.strictObject({audio: z.string(), error: ErrorRecordSchema})),
})

/** What would be done with an input (`--dry-run`). */
export const PlannedRecord = z.strictObject({
  type: z.literal('planned'),
  audio: InputRecord.audio,
  id: InputRecord.id,
  action: z.enum(['transcribe', 'skip', 'done']).describe('done: in the run that this one would go on with.'),
  outputs: z.array(OutputRecord).describe('`*` stands for channels: they are known once the audio is read.'),
})

/** What `transcribe --dry-run --json` prints; its `inputs` are the lines of `--dry-run --jsonl`. */
export const PlanDocument = z.strictObject({
  outputDir: z.string().optional(),
  inputs: z.array(z.discriminatedUnion('type', [PlannedRecord, FailedRecord])),
})

/** What `transcribe --json` prints. */
export const RunDocument = z.strictObject({results: z.array(ResultRecord), summary: SummaryRecord})

export type TranscribedRecord = Readonly<z.infer<typeof TranscribedRecord>>
export type FailedRecord = Readonly<z.infer<typeof FailedRecord>>
export type SkippedRecord = Readonly<z.infer<typeof SkippedRecord>>
export type ResultRecord = Readonly<z.infer<typeof ResultRecord>>
export type SummaryRecord = Readonly<z.infer<typeof SummaryRecord>>
export type PlanDocument = Readonly<z.infer<typeof PlanDocument>>
export type RunDocument = Readonly<z.infer<typeof RunDocument>>

/** JSON Schema of a line of `--jsonl`, of the document of `--json`, and of that of `--dry-run --json`. */
export const resultSchemas = () => ({
  line: z.toJSONSchema(z.union([ResultRecord, SummaryRecord])),
  document: z.toJSONSchema(RunDocument),
  plan: z.toJSONSchema(PlanDocument),
})
