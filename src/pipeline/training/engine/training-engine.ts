import type {Ops} from './ops.js'
import type {ParameterPlace} from './parameters.js'

/** Numbers that cross into an engine and back. Int32Array for ids. */
export interface Values<Numbers extends Float32Array | Int32Array = Float32Array | Int32Array> {
  readonly values: Numbers
  readonly shape: readonly number[]
}

/** What one batch gives to the inputs of a model, by their names. */
export type Batch = Readonly<Record<string, Values>>

/** A model, written once for all engines. Its value is what the loss is computed of. */
export type BuildModel = <T>(ops: Ops<T>) => T

/** Weights and the moments of AdamW, one vector each, and how many steps they have seen. */
export interface TrainingState {
  readonly parameters: Float32Array
  readonly first: Float32Array
  readonly second: Float32Array
  readonly steps: number
}

/** The gradient of the loss with respect to the model's output. */
export type LossGradient = (output: Values<Float32Array>) => Float32Array

export interface UpdateOptions {
  /** Learning rate of this step. */
  readonly rate: number
  /** What the gradients are multiplied by before they are clipped: 1 ∕ (what their sum counts). */
  readonly scale: number
}

export interface AdamWOptions {
  readonly beta1: number
  readonly beta2: number
  readonly epsilon: number
  readonly weightDecay: number
  /** Gradients longer than this (2-norm over all parameters) are shortened to it. */
  readonly maxGradientNorm: number
}

export interface OpenEngineOptions {
  readonly threads: number
  readonly adamW: AdamWOptions
  /** Weights that are not trained, by name. */
  readonly frozen: ReadonlyMap<string, Float32Array>
  /** Gives the state, once the places of the trainable weights are known. */
  readonly initial: (places: readonly ParameterPlace[]) => TrainingState
}

/** What computes a model, its gradients and its steps. */
export interface TrainingEngine {
  /** As users name it: `ort-cpu`, `tfjs-node`, … */
  readonly name: string
  /** Where each trainable weight stands in the vectors. */
  readonly places: readonly ParameterPlace[]
  /** No copies: the vectors are as they are until the next update. */
  state(): Promise<TrainingState>
  /**
   * Runs the model as it is trained (with dropout) and differentiates it.
   *
   * @param noise of the dropout: the same number, the same masks
   * @returns the gradients of all trainable weights, in one vector
   */
  gradients(batch: Batch, loss: LossGradient, noise: number): Promise<Float32Array>
  /** Runs the model as it is used. */
  infer(batch: Batch): Promise<Values<Float32Array>>
  /** Has these weights from now on; the moments stay. They are copied. */
  load(parameters: Float32Array): Promise<void>
  /** Takes one step of AdamW. Gives the norm of the scaled gradients before they were clipped. */
  update(gradients: Float32Array, options: UpdateOptions): Promise<number>
  close(): Promise<void>
}
