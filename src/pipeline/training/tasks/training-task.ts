import type {ParameterPlace} from '../engine/parameters.js'
import type {Batch, BuildModel, Values} from '../engine/training-engine.js'
import type {FilterBankSettings} from '../filter-bank.js'

/** One recording and what is known of it. */
export interface TrainingItem {
  readonly id: string
  /** Path of the recording. */
  readonly audio: string
  readonly seconds: number
  readonly text: string
  /** ARPAbet without stress, where a column says so; else a lexicon is asked. */
  readonly phones: readonly string[] | undefined
  readonly speaker: string | undefined
  /** The class, for classification. */
  readonly label: string | undefined
}

/** How recordings become what models hear. */
export type FeatureSettings =
  | (FilterBankSettings & {
      readonly kind: 'filter-bank'
      /** Frames of a batch are padded to a multiple of this. */
      readonly multiple: number
      /** So often each row comes in a batch that is learnt from, one after the other, each masked in its own way. Default: 1. */
      readonly readings?: number | undefined
    })
  | {
      readonly kind: 'whisper'
      readonly mels: number
      readonly multiple: number
    }
  /** The samples themselves, [rows, samples, 1], zero mean and unit variance: wav2vec2. */
  | {readonly kind: 'samples'; readonly multiple: number}

/** How often each row comes in a batch that is learnt from. */
export const readingsOf = (settings: FeatureSettings): number =>
  settings.kind === 'filter-bank' ? (settings.readings ?? 1) : 1

/** Features of some rows. A row is one recording, or several of one speaker strung together. */
export interface FeatureBatch {
  /** [rows, frames, width]; zeros after each row's own length. */
  readonly features: Values<Float32Array>
  /** Frames of each row. */
  readonly lengths: readonly number[]
  readonly rows: readonly (readonly TrainingItem[])[]
}

/** Sum and count of a loss: its mean is what is reported. */
export interface LossPart {
  readonly sum: number
  readonly count: number
}

export interface LossResult {
  /** With respect to the model's output, of the sum over the batch. */
  readonly gradient: Float32Array
  /** What is to be divided by to get a mean: rows, or tokens. */
  readonly count: number
  readonly loss: LossPart
  /** Further numbers to watch, by name: `characters`, `phones`. */
  readonly parts: Readonly<Record<string, LossPart>>
}

/** What one batch gives to the model, and the loss of what the model makes of it. */
export interface TaskBatch {
  readonly inputs: Batch
  readonly lossOf: (output: Values<Float32Array>) => LossResult
}

/** A reference beside what the model said. */
export interface Example {
  readonly id: string
  readonly reference: string
  readonly hypothesis: string
}

export interface TaskScores {
  /** In the order in which they are printed: `wer`, `cer`, `per`, `accuracy`, `eer`, `loss`. Rates, 1 is 100 %. */
  readonly metrics: Readonly<Record<string, number>>
  readonly examples: readonly Example[]
}

/** Counts up the answers of a model to a data set. */
export interface TaskScorer {
  add(batch: FeatureBatch, output: Values<Float32Array>): void | Promise<void>
  scores(): TaskScores | Promise<TaskScores>
}

/** Weights by name, as the model calls them. */
export type Weights = ReadonlyMap<string, Values<Float32Array>>

/** What is trained: a model, its loss and its measure. The trainer knows nothing else of it. */
export interface TrainingTask {
  readonly build: BuildModel
  readonly features: FeatureSettings
  /** Weights that the model takes and training leaves alone. */
  readonly frozen: ReadonlyMap<string, Float32Array>
  /** The metric of {@link TaskScores} that decides which checkpoint is best, and whether more is better. */
  readonly best: {readonly metric: string; readonly greaterIsBetter: boolean}
  /** What one must know to read its measures; sentences. */
  readonly notes?: readonly string[] | undefined
  /** First weights: of a checkpoint, or drawn. @param random uniform in [0, 1) */
  initial(places: readonly ParameterPlace[], random: () => number): Float32Array
  /** Why an item cannot be learnt from; undefined if it can. */
  refuse(item: TrainingItem): string | undefined
  batch(features: FeatureBatch): Promise<TaskBatch>
  /** @param trained gives the weights of now, for measures that take more than one pass of the model */
  scorer(trained: () => Promise<Weights>): TaskScorer | Promise<TaskScorer>
  /**
   * Whether these rows need no features, as the task keeps what it made of them (outputs of a frozen encoder). Such a
   * batch comes with empty features.
   */
  hasCached?(rows: FeatureBatch['rows']): boolean
  /** Writes a model folder in the style of Hugging Face: config.json, model.safetensors, vocabulary, preprocessor. */
  save(folder: string, trained: Weights): Promise<void>
  close?(): Promise<void>
}
