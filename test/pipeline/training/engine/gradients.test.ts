import {toBinary} from '@bufbuild/protobuf'
import {InferenceSession, Tensor} from 'onnxruntime-node'
import {describe, expect, test} from 'vitest'
import {ModelProtoSchema} from '../../../../src/pipeline/onnx/onnx-ml_pb.js'
import {differentiate} from '../../../../src/pipeline/training/engine/gradients.js'
import {buildStepGraphs, type TapeGraph} from '../../../../src/pipeline/training/engine/graphs.js'
import type {Ops} from '../../../../src/pipeline/training/engine/ops.js'
import {Tape} from '../../../../src/pipeline/training/engine/tape.js'
import {gelu} from '../../../../src/pipeline/training/layers/activations.js'
import {selfAttention} from '../../../../src/pipeline/training/layers/attention.js'
import {convolution, depthwiseConvolution} from '../../../../src/pipeline/training/layers/convolution.js'
import {layerNorm} from '../../../../src/pipeline/training/layers/layer-norm.js'

type Model = <T>(ops: Ops<T>, x: T) => T
const BATCH = 2
const TIME = 4
const WIDTH = 6

/** Numbers that look random and are always the same. */
function values(count: number, seed: number): Float32Array {
  let state = seed >>> 0
  return Float32Array.from({length: count}, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 31 - 1
  })
}

const open = (graph: TapeGraph) => InferenceSession.create(toBinary(ModelProtoSchema, graph.model.proto))
const elements = (shape: readonly (number | string)[]) => shape.map(Number).reduce((product, size) => product * size, 1)

const MODELS: readonly (readonly [string, Model])[] = [
  [
    'add, subtract, multiply and divide, broadcast',
    (ops, x) =>
      ops.divide(
        ops.subtract(ops.multiply(x, ops.parameter('a', [6])), ops.parameter('b', [1, 1])),
        ops.add(ops.exp(ops.parameter('c', [1, 6])), ops.constant([2], [])),
      ),
  ],
  [
    'exp, log, sqrt, tanh, sigmoid, relu',
    (ops, x) =>
      ops.log(
        ops.add(
          ops.sqrt(ops.exp(ops.tanh(ops.add(x, ops.parameter('a', [6]))))),
          ops.add(ops.sigmoid(ops.multiply(x, ops.parameter('b', [6]))), ops.relu(ops.parameter('c', [6]))),
        ),
      ),
  ],
  [
    'products with a shared operand',
    (ops, x) => ops.matMul(ops.matMul(x, ops.parameter('a', [6, 5])), ops.parameter('b', [3, 5]), {transposeB: true}),
  ],
  [
    'products of batches, transposed',
    (ops, x) =>
      ops.matMul(ops.multiply(x, ops.parameter('a', [6])), ops.multiply(x, ops.parameter('b', [6])), {
        transposeA: true,
      }),
  ],
  [
    'sum and mean',
    (ops, x) =>
      ops.multiply(
        ops.sum(ops.multiply(x, ops.parameter('a', [6])), [1]),
        ops.mean(ops.multiply(ops.tanh(x), ops.parameter('b', [6])), [0, 1]),
      ),
  ],
  [
    'softmax and log-softmax',
    (ops, x) =>
      ops.multiply(
        ops.softmax(ops.multiply(x, ops.parameter('a', [6]))),
        ops.logSoftmax(ops.add(x, ops.parameter('b', [6]))),
      ),
  ],
  ['layer norm', (ops, x) => layerNorm(ops, ops.multiply(x, ops.parameter('a', [6])), 'norm')],
  ['gelu and silu', (ops, x) => gelu(ops, ops.silu(ops.multiply(x, ops.parameter('a', [6]))))],
  [
    'convolution',
    (ops, x) =>
      convolution(ops, convolution(ops, x, 'one', {outputs: 5, kernel: 3, stride: 2}), 'two', {
        outputs: 3,
        kernel: 3,
        stride: 1,
      }),
  ],
  [
    'wide strides and kernels',
    (ops, x) => convolution(ops, ops.multiply(x, ops.parameter('a', [6])), 'one', {outputs: 5, kernel: 5, stride: 2}),
  ],
  [
    'depthwise convolution',
    (ops, x) => depthwiseConvolution(ops, ops.multiply(x, ops.parameter('a', [6])), 'depthwise', 3),
  ],
  ['self-attention', (ops, x) => selfAttention(ops, ops.multiply(x, ops.parameter('a', [6])), 'attention', {heads: 2})],
  [
    'an embedding',
    (ops, x) => ops.add(x, ops.gather(ops.parameter('table', [7, 6]), ops.input('ids', ['batch', 'time'], 'int64'))),
  ],
  [
    'one value of each row',
    (ops, x) =>
      ops.pick(ops.logSoftmax(ops.matMul(x, ops.parameter('a', [6, 7]))), ops.input('ids', ['batch', 'time'], 'int64')),
  ],
]

describe('the gradients of the tape are those of finite differences', () => {
  test.each(MODELS)('%s', async (_, model) => {
    const tape = new Tape()
    const output = model(tape, tape.input('x', ['batch', 'time', WIDTH]))
    const seed = tape.input('gradient', output.shape)
    const gradients = differentiate(tape, output, seed)
    const {forward, backward, kept} = buildStepGraphs(output, gradients, tape)
    const [first, second] = [await open(forward), await open(backward)]
    const feeds: Record<string, Tensor> = {}
    for (const [index, port] of forward.inputs.entries()) {
      const shape = port.shape.map(size => (size === 'batch' ? BATCH : size === 'time' ? TIME : Number(size)))
      feeds[port.name] =
        port.element === 'int64'
          ? new Tensor('int64', BigInt64Array.from([1, 3, 3, 0, 6, 1, 2, 3], BigInt), shape)
          : new Tensor('float32', values(elements(shape), index + 1), shape)
    }
    const run = async () => await first.run(feeds)
    const outputs = await run()
    const weights = values(outputs.output!.size, 99)
    const lossOf = async () =>
      ((await run()).output!.data as Float32Array).reduce(
        (sum, value, index) => sum + Number(value) * weights[index]!,
        0,
      )
    const back: Record<string, Tensor> = {}
    const all: Record<string, Tensor> = {
      ...feeds,
      ...outputs,
      gradient: new Tensor('float32', weights, outputs.output!.dims),
    }
    for (const {name} of backward.inputs) back[name] = all[name]!
    const found = await second.run(back)
    expect(kept.every(name => name in outputs)).toBe(true)
    let compared = 0
    let start = 0
    for (const [name, variable] of gradients) {
      const parameter = feeds[name]!.data as Float32Array
      expect(variable.shape).toEqual(feeds[name]!.dims)
      const gradient = (found.gradients!.data as Float32Array).subarray(start, start + parameter.length)
      start += parameter.length
      for (let index = 0; index < parameter.length; index += Math.ceil(parameter.length / 6)) {
        const before = parameter[index]!
        const step = 2e-2
        parameter[index] = before + step
        const above = await lossOf()
        parameter[index] = before - step
        const below = await lossOf()
        parameter[index] = before
        const expected = (above - below) / (2 * step)
        expect(Math.abs(gradient[index]! - expected), `${name}[${index}]`).toBeLessThan(
          2e-2 * Math.max(1, Math.abs(expected)),
        )
        compared++
      }
    }
    expect(compared).toBeGreaterThan(2)
  })
})
