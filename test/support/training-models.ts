import {SUBSAMPLING, speechEncoder} from '../../src/pipeline/training/architectures/speech-encoder.js'
import type {Ops} from '../../src/pipeline/training/engine/ops.js'
import {type ParameterPlace, sizeOfAll} from '../../src/pipeline/training/engine/parameters.js'
import type {Batch, OpenEngineOptions, Values} from '../../src/pipeline/training/engine/training-engine.js'
import {gelu} from '../../src/pipeline/training/layers/activations.js'
import {selfAttention} from '../../src/pipeline/training/layers/attention.js'
import {convolution, depthwiseConvolution} from '../../src/pipeline/training/layers/convolution.js'
import {layerNorm} from '../../src/pipeline/training/layers/layer-norm.js'
import {linear} from '../../src/pipeline/training/layers/linear.js'

/** A model over `x` [batch, time, 6]; it may take `ids` [batch, time] below 7, too. */
export type SmallModel = <T>(ops: Ops<T>, x: T) => T

export const [BATCH, TIME, WIDTH] = [2, 4, 6]

/** Numbers between −1 and 1 that look random and are always the same. */
export function someValues(count: number, seed: number): Float32Array {
  let state = seed >>> 0
  return Float32Array.from({length: count}, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 31 - 1
  })
}

export const someTensor = (shape: readonly number[], seed: number): Values<Float32Array> => ({
  values: someValues(
    shape.reduce((product, size) => product * size, 1),
    seed,
  ),
  shape,
})

/** What a name alone says, so that each engine and PyTorch have the same weights in whatever order. */
export const seedOf = (name: string): number =>
  [...name].reduce((sum, letter) => (Math.imul(sum, 7) + letter.charCodeAt(0)) >>> 0, 1)

/** Weights of half the size, moments of nothing. */
export function someState(places: readonly ParameterPlace[]) {
  const size = sizeOfAll(places)
  const parameters = new Float32Array(size)
  for (const {name, start, end} of places)
    parameters.set(
      someValues(end - start, seedOf(name)).map(value => value / 2),
      start,
    )
  return {parameters, first: new Float32Array(size), second: new Float32Array(size), steps: 0}
}

export const engineOptions: OpenEngineOptions = {
  threads: 1,
  adamW: {beta1: 0.9, beta2: 0.98, epsilon: 1e-8, weightDecay: 0.01, maxGradientNorm: 5},
  frozen: new Map(),
  initial: someState,
}

export const smallBatch: Batch = {
  x: someTensor([BATCH, TIME, WIDTH], 5),
  ids: {values: Int32Array.of(1, 3, 3, 0, 6, 1, 2, 3), shape: [BATCH, TIME]},
}

const scaledBy = <T>(ops: Ops<T>, x: T, name: string): T => ops.multiply(x, ops.parameter(name, [WIDTH]))
const ids = <T>(ops: Ops<T>): T => ops.input('ids', ['batch', 'time'], 'int64')

export const SMALL_MODELS: readonly (readonly [string, SmallModel])[] = [
  ['add, broadcast', (ops, x) => ops.add(x, ops.parameter('a', [WIDTH]))],
  ['subtract, broadcast', (ops, x) => ops.subtract(ops.parameter('a', [1, 1]), scaledBy(ops, x, 'b'))],
  ['multiply, broadcast', (ops, x) => ops.multiply(scaledBy(ops, x, 'a'), ops.parameter('b', [1, 1]))],
  [
    'divide, broadcast',
    (ops, x) =>
      ops.divide(scaledBy(ops, x, 'a'), ops.add(ops.exp(ops.parameter('b', [1, WIDTH])), ops.constant([2], []))),
  ],
  ['exp', (ops, x) => ops.exp(scaledBy(ops, x, 'a'))],
  ['log', (ops, x) => ops.log(ops.add(ops.exp(scaledBy(ops, x, 'a')), ops.constant([0.5], [])))],
  ['sqrt', (ops, x) => ops.sqrt(ops.add(ops.exp(scaledBy(ops, x, 'a')), ops.constant([0.5], [])))],
  ['erf', (ops, x) => ops.erf(scaledBy(ops, x, 'a'))],
  ['tanh', (ops, x) => ops.tanh(scaledBy(ops, x, 'a'))],
  ['sigmoid', (ops, x) => ops.sigmoid(scaledBy(ops, x, 'a'))],
  ['relu', (ops, x) => ops.relu(scaledBy(ops, x, 'a'))],
  ['a product with a shared matrix', (ops, x) => ops.matMul(x, ops.parameter('a', [WIDTH, 5]))],
  [
    'a product with a shared matrix, transposed',
    (ops, x) => ops.matMul(scaledBy(ops, x, 'a'), ops.parameter('b', [5, WIDTH]), {transposeB: true}),
  ],
  [
    'products of batches',
    (ops, x) => ops.matMul(scaledBy(ops, x, 'a'), ops.transpose(scaledBy(ops, x, 'b'), [0, 2, 1])),
  ],
  [
    'products of batches, the first transposed',
    (ops, x) => ops.matMul(scaledBy(ops, x, 'a'), scaledBy(ops, x, 'b'), {transposeA: true}),
  ],
  [
    'products of batches, the second transposed',
    (ops, x) => ops.matMul(scaledBy(ops, x, 'a'), scaledBy(ops, x, 'b'), {transposeB: true}),
  ],
  [
    'products of batches, both transposed',
    (ops, x) =>
      ops.matMul(scaledBy(ops, x, 'a'), ops.transpose(scaledBy(ops, x, 'b'), [0, 2, 1]), {
        transposeA: true,
        transposeB: true,
      }),
  ],
  [
    'reshape and transpose of heads',
    (ops, x) => ops.transpose(ops.reshape(scaledBy(ops, x, 'a'), [0, 0, 2, 3]), [0, 2, 3, 1]),
  ],
  ['slices from both ends', (ops, x) => ops.slice(ops.slice(scaledBy(ops, x, 'a'), 1, 1, 0), -1, 2, -1)],
  ['padding', (ops, x) => ops.pad(scaledBy(ops, x, 'a'), 1, 2, 1)],
  ['concatenation', (ops, x) => ops.concatenate([scaledBy(ops, x, 'a'), x, ops.exp(scaledBy(ops, x, 'b'))], 2)],
  ['sums', (ops, x) => ops.multiply(ops.sum(scaledBy(ops, x, 'a'), [1], true), ops.sum(scaledBy(ops, x, 'b'), [0, 1]))],
  [
    'means',
    (ops, x) => ops.multiply(ops.mean(scaledBy(ops, x, 'a'), [-1], true), ops.mean(scaledBy(ops, x, 'b'), [0, 1])),
  ],
  ['softmax', (ops, x) => ops.softmax(scaledBy(ops, x, 'a'))],
  ['log-softmax', (ops, x) => ops.logSoftmax(scaledBy(ops, x, 'a'))],
  ['layer norm', (ops, x) => layerNorm(ops, scaledBy(ops, x, 'a'), 'norm')],
  ['an embedding', (ops, x) => ops.add(x, ops.gather(ops.parameter('table', [7, WIDTH]), ids(ops)))],
  ['one value of each row', (ops, x) => ops.pick(ops.matMul(x, ops.parameter('a', [WIDTH, 7])), ids(ops))],
  ['dropout', (ops, x) => ops.dropout(ops.add(ops.dropout(scaledBy(ops, x, 'a'), 0.3), x), 0.5)],
  [
    'a weight that is used twice',
    (ops, x) => ops.matMul(ops.matMul(x, ops.parameter('a', [WIDTH, WIDTH])), ops.parameter('a', [WIDTH, WIDTH])),
  ],
  ['gelu and silu', (ops, x) => gelu(ops, ops.silu(scaledBy(ops, x, 'a')))],
  [
    'convolutions',
    (ops, x) =>
      convolution(ops, convolution(ops, x, 'one', {outputs: 5, kernel: 5, stride: 2}), 'two', {
        outputs: 3,
        kernel: 3,
        stride: 1,
      }),
  ],
  ['a depthwise convolution', (ops, x) => depthwiseConvolution(ops, scaledBy(ops, x, 'a'), 'depthwise', 3)],
  ['self-attention', (ops, x) => selfAttention(ops, scaledBy(ops, x, 'a'), 'attention', {heads: 2})],
]

/** A Conformer of the smallest sizes with a head; `dropout` is the share of what is dropped. */
export function smallEncoder(dropout: number, {mels = 8, width = 16, classes = 6} = {}) {
  const config = {mels, width, layers: 1, heads: 2, feedForward: 2 * width, kernel: 3, dropout}
  return <T>(ops: Ops<T>): T => linear(ops, speechEncoder(ops, config), 'head', classes)
}

/** What {@link smallEncoder} takes. The last two outputs of the second row are padding. */
export function smallEncoderBatch(frames: number, {mels = 8, width = 16} = {}): Batch {
  const time = frames / SUBSAMPLING
  const size = width / 2
  const padded = (index: number) => index >= 2 * time - 2
  const angles = Float32Array.from(
    {length: time * size},
    (_, index) => Math.floor(index / size) / 100 ** ((index % (size / 2)) / (size / 2)),
  )
  const every = (value: (index: number) => number) => Float32Array.from({length: 2 * time}, (_, index) => value(index))
  return {
    features: someTensor([2, frames, mels], 11),
    mask: {values: every(index => (padded(index) ? -1e4 : 0)), shape: [2, 1, 1, time]},
    present: {values: every(index => (padded(index) ? 0 : 1)), shape: [2, time, 1]},
    cosines: {values: angles.map(Math.cos), shape: [time, size]},
    sines: {values: angles.map(Math.sin), shape: [time, size]},
  }
}
