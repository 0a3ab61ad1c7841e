import {z} from 'zod'
import {EvaluationReport} from '../evaluation/evaluation-report.js'
import {
  AverageEvaluation,
  BestEvaluation,
  ChosenEngine,
  EvaluationResult,
  NamedSource,
  SkippedAudio,
  TrainingData,
} from './train-events.js'

const count = z.int().min(0)
const seconds = z.number().min(0)

/** A point of the curves: of a step, or the mean of several where there are too many to be told apart. */
export const CurvePoint = z.strictObject({
  step: count.describe('The last one of those that the point stands for.'),
  epoch: z.number().min(0),
  loss: z.number(),
  parts: z.record(z.string(), z.number()),
  learningRate: z.number().min(0).describe('Of that last step.'),
  gradientNorm: z.number().nullable(),
})

export const EvaluationPoint = z.strictObject({
  step: count,
  epoch: z.number().min(0),
  best: z.boolean().describe('Of all; at most one is.'),
  results: z.array(EvaluationResult).describe('With examples for the best evaluation only.'),
})

/** What a training run was and came to: `training.json` beside the model. */
export const TrainingReport = z.strictObject({
  type: z.literal('training'),
  schema: z.literal(1),
  name: z.string(),
  task: z.string(),
  engine: ChosenEngine,
  model: z.strictObject({
    architecture: z.string(),
    parameters: count,
    trainable: count,
    hash: z.string().nullable().describe('SHA-256 over the files of the final model; null where none was written.'),
    bytes: count.nullable(),
  }),
  configuration: z.record(z.string(), z.json()).describe('Every setting, those by default too.'),
  data: z.strictObject({
    train: z.array(TrainingData),
    dev: z.array(TrainingData),
    sources: z.array(NamedSource).default([]).describe('What settings name that is no data set.'),
    skipped: z.array(SkippedAudio),
  }),
  outcome: z.strictObject({
    reason: z.enum(['finished', 'early-stop', 'interrupted']),
    steps: count,
    plannedSteps: count,
    epochs: z.number().min(0),
    seconds: seconds.describe('Wall clock, that of resumed runs included.'),
    resumes: count.describe('How often the run went on from a checkpoint.'),
    best: BestEvaluation.nullable(),
    folder: z.string(),
  }),
  speed: z
    .strictObject({framesPerSecond: z.number().min(0), audioSecondsPerSecond: z.number().min(0)})
    .nullable()
    .describe('Medians over the run; null where no step was logged.'),
  curve: z.array(CurvePoint),
  evaluations: z.array(EvaluationPoint),
  average: AverageEvaluation.nullable().default(null).describe('null where no checkpoints were averaged.'),
  notes: z.array(z.string()).default([]).describe('What one must know to read the measures.'),
  environment: EvaluationReport.shape.environment,
  command: z.string().describe('The command line that repeats it.'),
  startedAt: z.iso.datetime(),
  finishedAt: z.iso.datetime(),
  warnings: z.array(z.string()),
})

export type CurvePoint = Readonly<z.infer<typeof CurvePoint>>
export type EvaluationPoint = Readonly<z.infer<typeof EvaluationPoint>>
export type TrainingReport = Readonly<z.infer<typeof TrainingReport>>
