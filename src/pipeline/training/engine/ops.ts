import type {Shape} from './shape.js'

/** What {@link Ops.reshape} makes of a shape: 0 keeps the size at that place, −1 is what remains. */
export type NewShape = readonly number[]

export interface ParameterOptions {
  /** Default: true. */
  readonly trainable?: boolean | undefined
}

export interface MatMulOptions {
  readonly transposeA?: boolean | undefined
  readonly transposeB?: boolean | undefined
}

/**
 * The operations that models are written in, once for all executors. All values are float32 but ids, which are integers.
 * Elementwise operations broadcast as NumPy's do. Axes may be negative.
 */
export interface Ops<T> {
  /** A weight. The same name gives the same tensor. One that is not trainable gets no gradient. */
  parameter(name: string, shape: readonly number[], options?: ParameterOptions): T
  /** A tensor that comes with every batch. No gradient goes there. */
  input(name: string, shape: Shape, type?: 'float32' | 'int64'): T
  constant(values: Float32Array | readonly number[], shape: readonly number[]): T
  shapeOf(x: T): Shape
  add(a: T, b: T): T
  subtract(a: T, b: T): T
  multiply(a: T, b: T): T
  divide(a: T, b: T): T
  exp(x: T): T
  log(x: T): T
  sqrt(x: T): T
  erf(x: T): T
  tanh(x: T): T
  sigmoid(x: T): T
  relu(x: T): T
  /** x · sigmoid(x) (Elfwing et al., arXiv:1702.03118). */
  silu(x: T): T
  /** The last two axes multiplied; a second operand of rank 2 is shared by all of the first one's matrices. */
  matMul(a: T, b: T, options?: MatMulOptions): T
  reshape(x: T, shape: NewShape): T
  transpose(x: T, axes: readonly number[]): T
  /** `end` is negative or 0: so many from the end. */
  slice(x: T, axis: number, start: number, end: number): T
  /** Zeros before and after. */
  pad(x: T, axis: number, before: number, after: number): T
  concatenate(parts: readonly T[], axis: number): T
  sum(x: T, axes: readonly number[], keepAxes?: boolean): T
  mean(x: T, axes: readonly number[], keepAxes?: boolean): T
  /** Over the last axis. */
  softmax(x: T): T
  /** Over the last axis. */
  logSoftmax(x: T): T
  /** Over the last axis: (x − mean) ∕ √(variance + epsilon) · gain + bias. */
  layerNorm(x: T, gain: T, bias: T, epsilon: number): T
  /** Rows of `table` [rows, width]: ids [...] → [..., width]. */
  gather(table: T, ids: T): T
  /**
   * Each channel convolved by itself: x [batch, time, channels] and weight [kernel, channels] → the same as x. The kernel is
   * odd; zeros before and after keep the length.
   */
  depthwiseConvolution(x: T, weight: T): T
  /** One value of each row: x [..., width] and ids [...] → x[..., ids[...]], [...]. */
  pick(x: T, ids: T): T
  /**
   * Sets values to 0 with this probability and divides the others by 1 − `rate`; as it is where no training happens
   * (Srivastava et al., JMLR 2014).
   */
  dropout(x: T, rate: number): T
}
