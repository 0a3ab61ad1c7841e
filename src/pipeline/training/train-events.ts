import {z} from 'zod'

const count = z.int().min(0)
const seconds = z.number().min(0)
/** null where there is nothing to divide by, or it is not finite. */
const measure = z.number().nullable()

/** Of a measure or a part of the loss. It becomes a tag, a title and a file name. */
const measureName = z.string().regex(/^[\w.-]+(?:\/[\w.-]+)*$/)

/** A data set, or the part of one that is used. */
export const TrainingData = z.strictObject({
  dataset: z.string(),
  hash: z.string().nullable().describe('Of the manifest; null where the data set has none.'),
  utterances: count,
  seconds: seconds.describe('Of audio.'),
})

/** What a setting names that is no data set: a lexicon, texts, a model to begin with. */
export const NamedSource = z.strictObject({
  setting: z.string().describe('Such as data.lexicon.'),
  source: z.string().describe('As the setting has it.'),
  hash: z.string().describe('SHA-256 of the file, of the sentences, or over the files of the model.'),
})

/** A recording that is not trained on. */
export const SkippedAudio = z.strictObject({audio: z.string(), reason: z.string()})

export const EvaluationExample = z.strictObject({id: z.string(), reference: z.string(), hypothesis: z.string()})

/** Of one data set. */
export const EvaluationResult = z.strictObject({
  dataset: z.string(),
  utterances: count,
  metrics: z.record(measureName, measure).describe('Such as wer, cer, per, accuracy: shares of 1; and loss.'),
  examples: z.array(EvaluationExample).describe('A few; none where texts must not be kept.'),
})

export const BestEvaluation = z.strictObject({
  step: count,
  dataset: z.string(),
  metric: z.string(),
  value: z.number(),
  folder: z.string().nullable().describe('The checkpoint; null where none was written.'),
  averaged: z
    .array(count)
    .default([])
    .describe('The steps of the checkpoints whose mean it is; empty for a checkpoint.'),
})

/** The engine that computes, and those that could not. */
export const ChosenEngine = z.strictObject({
  name: z.string(),
  reason: z.string().describe('Why this one: a clause that follows the name.'),
  rejected: z.array(z.strictObject({name: z.string(), reason: z.string()})),
})

/** Recordings that are decoded before all else. */
const PreparingEvent = z.strictObject({type: z.literal('preparing'), done: count, total: count})

const PlanEvent = z.strictObject({
  type: z.literal('plan'),
  task: z.string().describe('Such as ctc.'),
  engine: ChosenEngine,
  parameters: count,
  trainable: count.describe('Parameters that training changes.'),
  train: z.array(TrainingData),
  dev: z.array(TrainingData),
  sources: z.array(NamedSource).default([]),
  notes: z.array(z.string()).default([]).describe('What one must know to read the measures.'),
  steps: count.describe('At which the run ends, those before a resume included.'),
  epochs: z.number().min(0).describe('How often the data are gone through in that.'),
  resumedStep: count.nullable().describe('Steps that an earlier run has done.'),
  folder: z.string(),
  skipped: z.array(SkippedAudio),
  warnings: z.array(z.string()),
})

const StepEvent = z.strictObject({
  type: z.literal('step'),
  step: count.describe('Steps that are done.'),
  epoch: z.number().min(0).describe('Epochs that are done, with the fraction of the one under way.'),
  loss: z.number().describe('Mean since the last such event.'),
  parts: z.record(measureName, z.number()).describe('What the loss is the sum of; empty where it is one.'),
  learningRate: z.number().min(0),
  gradientNorm: measure.describe('Before clipping.'),
  framesPerSecond: z.number().min(0).describe('Feature frames, without padding.'),
  audioSecondsPerSecond: z.number().min(0),
  secondsLeft: seconds.nullable(),
})

const EvaluationEvent = z.strictObject({
  type: z.literal('evaluation'),
  step: count,
  epoch: z.number().min(0),
  seconds: seconds.describe('That it took.'),
  results: z.array(EvaluationResult),
  best: z.boolean().describe('Whether it is the best so far.'),
})

/** The mean of the weights of the best checkpoints, evaluated as they were. */
export const AverageEvaluation = z.strictObject({
  steps: z.array(count).describe('Of the checkpoints, oldest first.'),
  results: z.array(EvaluationResult).describe('Without examples.'),
  better: z.boolean().describe('Than the best checkpoint on the first data set: then it is the model.'),
})

const AverageEvent = z.strictObject({type: z.literal('average'), ...AverageEvaluation.shape})

const CheckpointEvent = z.strictObject({
  type: z.literal('checkpoint'),
  step: count,
  folder: z.string(),
  kept: z.array(z.string()).describe('Folders of all that are there now.'),
  removed: z.array(z.string()),
})

const SkippedEvent = z.strictObject({type: z.literal('skipped'), ...SkippedAudio.shape})

/** Something the user should know. */
const WarningEvent = z.strictObject({type: z.literal('warning'), message: z.string()})

const DoneEvent = z.strictObject({
  type: z.literal('done'),
  reason: z.enum(['finished', 'early-stop', 'interrupted']),
  steps: count,
  epochs: z.number().min(0),
  seconds: seconds.describe('Wall clock, that of resumed runs included.'),
  best: BestEvaluation.nullable(),
  folder: z.string(),
})

/** What happens while a model is trained. It is shown, logged and read back, so it is checked like all that comes from outside. */
export const TrainEvent = z.discriminatedUnion('type', [
  PreparingEvent,
  PlanEvent,
  StepEvent,
  EvaluationEvent,
  AverageEvent,
  CheckpointEvent,
  SkippedEvent,
  WarningEvent,
  DoneEvent,
])

export type TrainEvent = Readonly<z.infer<typeof TrainEvent>>
export type TrainEventOf<Type extends TrainEvent['type']> = Extract<TrainEvent, {type: Type}>
export type TrainingData = Readonly<z.infer<typeof TrainingData>>
export type NamedSource = Readonly<z.infer<typeof NamedSource>>
export type SkippedAudio = Readonly<z.infer<typeof SkippedAudio>>
export type EvaluationExample = Readonly<z.infer<typeof EvaluationExample>>
export type EvaluationResult = Readonly<z.infer<typeof EvaluationResult>>
export type AverageEvaluation = Readonly<z.infer<typeof AverageEvaluation>>
export type BestEvaluation = Readonly<z.infer<typeof BestEvaluation>>
