import {z} from 'zod'
import {EvaluationReport} from '../evaluation/evaluation-report.js'

const count = z.int().min(0)
const seconds = z.number().min(0)
/** A share of 1; `null` where there is nothing to divide by. */
const rate = z.number().nullable()

/** Seconds of a thing that was done several times, after some that do not count. */
export const SpreadRecord = z.strictObject({
  rounds: z.int().min(1),
  median: seconds,
  low: seconds.describe('The quickest.'),
  high: seconds.describe('The slowest.'),
})

export const LatencyRecord = z.strictObject({
  graph: z.string().describe('Such as encoder_model, the same in every precision.'),
  pass: z.enum(['encoder pass', 'decoder step', 'decoder first step', 'decode loop', 'whole graph']),
  input: z.strictObject({name: z.string(), shape: z.array(count)}).describe('The largest that it was fed.'),
  ...SpreadRecord.shape,
})

/** What one model was measured to be. What was not measured is absent, and `unmeasured` says why; it is never 0. */
export const ModelMeasurement = z.strictObject({
  name: z.string(),
  hash: z.string().describe('SHA-256 over the model files that were used.'),
  precision: z.string(),
  bytes: count.describe('ONNX files and their external data; a file that several share counts once.'),
  load: SpreadRecord.optional().describe('Opening every graph, in a fresh process with files cached by the system.'),
  latencies: z.array(LatencyRecord),
  accuracy: z
    .strictObject({
      wer: rate,
      cer: rate,
      wordErrors: count,
      words: count.describe('Of the references.'),
      interval: z.strictObject({low: z.number(), high: z.number(), level: z.number()}).nullable().describe('Of wer.'),
      utterances: count,
      failed: count.describe('Could not be recognized; scored as empty hypotheses.'),
      batchSize: z.int().min(1),
    })
    .optional(),
  speed: z
    .strictObject({
      rtfx: z.number().describe('Seconds of audio per second of wall clock, over one run of the whole data.'),
      audioSeconds: seconds,
      wallSeconds: seconds,
    })
    .optional(),
  unmeasured: z.array(z.strictObject({figure: z.string(), reason: z.string()})),
})

export const OutputErrorRecord = z.strictObject({
  graph: z.string(),
  output: z.string(),
  samples: count,
  values: count,
  notFinite: count.describe('Values that are NaN or infinite in one of both models only.'),
  maxAbsoluteError: z.number().nullable(),
  rmsRelativeError: z.number().nullable().describe('Root mean square of the difference, by that of the float output.'),
  argMaxAgreement: rate.describe('Of logits: positions whose largest value is in the same place.'),
})

export const GroupRecord = z.strictObject({
  graph: z.string(),
  name: z.string().describe('What the names of its nodes have in common, as a rule the layer.'),
  nodes: z.array(z.string()),
})

export const SensitivityRecord = z.strictObject({
  ...GroupRecord.shape,
  rank: z.int().min(1).describe('1 is the most sensitive.'),
  output: z.string().nullable().describe('The output with the largest error; null where nothing was measured.'),
  notFinite: count,
  maxAbsoluteError: z.number().nullable(),
  rmsRelativeError: z.number().nullable().describe('With this group alone quantized; null: its graph never ran.'),
  argMaxAgreement: rate,
})

export const CandidateRecord = z.strictObject({
  kept: count.describe('Groups in float: so many of the most sensitive ones.'),
  wer: rate,
  increase: z.number().nullable().describe('Of wer over that of the model before, a share of 1.'),
  holds: z.boolean(),
  bytes: count,
  rtfx: z.number().nullable().describe('null where it was not measured.'),
})

/** What `quantize --data` measured: `quantization.json` beside the model. */
export const QuantizationReport = z.strictObject({
  type: z.literal('quantization'),
  schema: z.literal(1),
  name: z.string(),
  options: z.record(z.string(), z.json()).describe('Of the quantization, its recipe among them.'),
  source: ModelMeasurement,
  candidate: ModelMeasurement.describe('The model that was written.'),
  outputErrors: z.array(OutputErrorRecord).describe('Of the candidate against the source, on recorded feeds.'),
  sensitivity: z.array(SensitivityRecord).describe('Most sensitive first; empty where it was not measured.'),
  search: z
    .strictObject({
      budget: z.number().min(0).describe('How much wer may rise, a share of 1.'),
      groups: count,
      candidates: z.array(CandidateRecord).describe('In the order in which they were measured.'),
      kept: z.array(GroupRecord),
      monotone: z.boolean().describe('Whether errors never rose when more was kept, as the search takes for granted.'),
    })
    .nullable()
    .describe('null where no budget was given.'),
  calibration: z
    .strictObject({
      recordings: count,
      graphs: z.array(z.strictObject({graph: z.string(), samples: count, bytes: count})),
    })
    .nullable(),
  dataset: EvaluationReport.shape.dataset.nullable(),
  normalizer: EvaluationReport.shape.normalizer.nullable(),
  scoring: EvaluationReport.shape.scoring.nullable(),
  decoding: z.record(z.string(), z.json()).nullable(),
  device: z.strictObject({provider: z.string(), threads: z.int().min(1)}),
  environment: EvaluationReport.shape.environment,
  startedAt: z.iso.datetime(),
  finishedAt: z.iso.datetime(),
  warnings: z.array(z.string()),
})

export type SpreadRecord = Readonly<z.infer<typeof SpreadRecord>>
export type LatencyRecord = Readonly<z.infer<typeof LatencyRecord>>
export type ModelMeasurement = Readonly<z.infer<typeof ModelMeasurement>>
export type OutputErrorRecord = Readonly<z.infer<typeof OutputErrorRecord>>
export type GroupRecord = Readonly<z.infer<typeof GroupRecord>>
export type SensitivityRecord = Readonly<z.infer<typeof SensitivityRecord>>
export type CandidateRecord = Readonly<z.infer<typeof CandidateRecord>>
export type QuantizationReport = Readonly<z.infer<typeof QuantizationReport>>
