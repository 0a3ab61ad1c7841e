import type {MatMulOptions, NewShape, Ops} from '../ops.js'
import {positiveAxis, type Shape} from '../shape.js'
import {layerNorm} from './layer-norm.js'
import type {Tensor, Tensor1D, TensorFlow} from './tensorflow.js'

export interface TfjsValues {
  /** Weights and inputs, by name. */
  readonly tensors: ReadonlyMap<string, Tensor>
  /** Missing where nothing is dropped. */
  readonly dropout?: {readonly pools: ReadonlyMap<number, Tensor1D>; readonly offsets: Int32Array} | undefined
}

/** Computes a model at once with TensorFlow.js, which notes down what it needs for gradients where it is asked to. */
export class TfjsOps implements Ops<Tensor> {
  readonly #tf: TensorFlow
  readonly #values: TfjsValues
  #sites = 0

  constructor(tf: TensorFlow, values: TfjsValues) {
    this.#tf = tf
    this.#values = values
  }

  parameter(name: string, shape: readonly number[]): Tensor {
    const tensor = this.#given(name)
    if (tensor.shape.join() !== shape.join()) throw new RangeError(`${name} is [${tensor.shape.join(', ')}] already.`)
    return tensor
  }

  input(name: string): Tensor {
    return this.#given(name)
  }

  constant(values: Float32Array | readonly number[], shape: readonly number[]): Tensor {
    return this.#tf.tensor(Float32Array.from(values), [...shape], 'float32')
  }

  shapeOf({shape}: Tensor): Shape {
    return shape
  }

  add = (a: Tensor, b: Tensor): Tensor => this.#tf.add(a, b)
  subtract = (a: Tensor, b: Tensor): Tensor => this.#tf.sub(a, b)
  multiply = (a: Tensor, b: Tensor): Tensor => this.#tf.mul(a, b)
  divide = (a: Tensor, b: Tensor): Tensor => this.#tf.div(a, b)
  exp = (x: Tensor): Tensor => this.#tf.exp(x)
  log = (x: Tensor): Tensor => this.#tf.log(x)
  sqrt = (x: Tensor): Tensor => this.#tf.sqrt(x)
  erf = (x: Tensor): Tensor => this.#tf.erf(x)
  tanh = (x: Tensor): Tensor => this.#tf.tanh(x)
  sigmoid = (x: Tensor): Tensor => this.#tf.sigmoid(x)
  relu = (x: Tensor): Tensor => this.#tf.relu(x)
  silu = (x: Tensor): Tensor => this.multiply(x, this.sigmoid(x))
  softmax = (x: Tensor): Tensor => this.#tf.softmax(x)
  logSoftmax = (x: Tensor): Tensor => this.#tf.logSoftmax(x)

  matMul(a: Tensor, b: Tensor, {transposeA = false, transposeB = false}: MatMulOptions = {}): Tensor {
    if (a.rank === b.rank) return this.#tf.matMul(a, b, transposeA, transposeB)
    // A shared second operand: all matrices of the first one are one long matrix.
    const flat = this.#tf.reshape(a, [-1, a.shape.at(-1) ?? 1])
    const product = this.#tf.matMul(flat, b, false, transposeB)
    return this.#tf.reshape(product, [...a.shape.slice(0, -1), product.shape.at(-1) ?? 1])
  }

  reshape(x: Tensor, wanted: NewShape): Tensor {
    return this.#tf.reshape(
      x,
      wanted.map((size, index) => (size === 0 ? (x.shape[index] ?? 0) : size)),
    )
  }

  transpose(x: Tensor, axes: readonly number[]): Tensor {
    return this.#tf.transpose(x, [...axes])
  }

  slice(x: Tensor, axis: number, start: number, end: number): Tensor {
    const at = positiveAxis(axis, x.rank)
    const size = x.shape[at] ?? 0
    const begin = x.shape.map((_, index) => (index === at ? start : 0))
    return this.#tf.slice(x, begin, x.shape.with(at, (end > 0 ? end : size + end) - start))
  }

  pad(x: Tensor, axis: number, before: number, after: number): Tensor {
    const at = positiveAxis(axis, x.rank)
    return this.#tf.pad(
      x,
      x.shape.map((_, index): [number, number] => (index === at ? [before, after] : [0, 0])),
    )
  }

  concatenate(parts: readonly Tensor[], axis: number): Tensor {
    return this.#tf.concat([...parts], axis)
  }

  sum(x: Tensor, axes: readonly number[], keepAxes = false): Tensor {
    return this.#tf.sum(x, [...axes], keepAxes)
  }

  mean(x: Tensor, axes: readonly number[], keepAxes = false): Tensor {
    return this.#tf.mean(x, [...axes], keepAxes)
  }

  layerNorm(x: Tensor, gain: Tensor, bias: Tensor, epsilon: number): Tensor {
    return layerNorm(this.#tf, epsilon)(x, gain, bias)
  }

  /** As a sum of shifted products: not all backends have the gradients of a depthwise convolution. */
  depthwiseConvolution(x: Tensor, weight: Tensor): Tensor {
    const kernel = weight.shape[0] ?? 1
    const half = (kernel - 1) / 2
    const padded = this.pad(x, 1, half, half)
    const terms = Array.from({length: kernel}, (_, tap) =>
      this.multiply(this.slice(padded, 1, tap, tap - (kernel - 1)), this.slice(weight, 0, tap, tap + 1)),
    )
    return terms.reduce((sum, term) => this.add(sum, term))
  }

  gather(table: Tensor, ids: Tensor): Tensor {
    return this.#tf.gather(table, ids)
  }

  pick(x: Tensor, ids: Tensor): Tensor {
    const width = x.shape.at(-1) ?? 1
    const starts = this.#tf.range(0, x.size, width, 'int32')
    const places = this.#tf.add(starts, this.#tf.reshape(ids, [-1]))
    return this.#tf.reshape(this.#tf.gather(this.#tf.reshape(x, [-1]), places), ids.shape)
  }

  dropout(x: Tensor, rate: number): Tensor {
    const {dropout} = this.#values
    const pool = dropout?.pools.get(rate)
    if (dropout === undefined || pool === undefined) return x
    const start = dropout.offsets[this.#sites++] ?? 0
    return this.#tf.mul(x, this.#tf.reshape(this.#tf.slice(pool, [start], [x.size]), x.shape))
  }

  #given(name: string): Tensor {
    const tensor = this.#values.tensors.get(name)
    if (tensor === undefined) throw new RangeError(`The model wants ${name}.`)
    return tensor
  }
}
