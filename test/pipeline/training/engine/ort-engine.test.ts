import {readFileSync} from 'node:fs'
import {toBinary} from '@bufbuild/protobuf'
import {InferenceSession, Tensor} from 'onnxruntime-node'
import {expect, test} from 'vitest'
import {ModelProtoSchema} from '../../../../src/pipeline/onnx/onnx-ml_pb.js'
import {SUBSAMPLING, speechEncoder} from '../../../../src/pipeline/training/architectures/speech-encoder.js'
import {ctcLoss} from '../../../../src/pipeline/training/ctc-loss.js'
import {OrtEngine} from '../../../../src/pipeline/training/engine/ort-engine.js'
import {initialParameters, sizeOfAll} from '../../../../src/pipeline/training/engine/parameters.js'
import {Tape} from '../../../../src/pipeline/training/engine/tape.js'
import {buildUpdateGraph} from '../../../../src/pipeline/training/engine/update-graph.js'
import {linear} from '../../../../src/pipeline/training/layers/linear.js'

const [BETA1, BETA2] = [0.9, 0.98]

test('a step is PyTorch’s AdamW with clipped gradients', async () => {
  const golden: {
    readonly start: readonly number[]
    readonly steps: readonly {
      readonly rate: number
      readonly norm: number
      readonly gradients: readonly number[]
      readonly parameters: readonly number[]
    }[]
  } = JSON.parse(readFileSync(new URL('../../../data/training-reference/adamw.json', import.meta.url), 'utf8'))
  const options = {beta1: BETA1, beta2: BETA2, epsilon: 1e-8, weightDecay: 0.1, maxGradientNorm: 5}
  const session = await InferenceSession.create(toBinary(ModelProtoSchema, buildUpdateGraph(options).proto))
  const vector = (values: readonly number[]) => new Tensor('float32', Float32Array.from(values), [values.length])
  const scalar = (value: number) => new Tensor('float32', Float32Array.of(value), [])
  let state = {
    parameters: vector(golden.start),
    first: vector(new Array(16).fill(0)),
    second: vector(new Array(16).fill(0)),
  }
  const decayed = vector([...new Array(12).fill(1), 0, 0, 0, 0])
  for (const [index, {rate, norm, gradients, parameters}] of golden.steps.entries()) {
    const outputs = await session.run({
      ...state,
      decayed,
      gradients: vector(gradients),
      scale: scalar(0.5),
      rate: scalar(rate),
      correction1: scalar(1 - BETA1 ** (index + 1)),
      correction2: scalar(1 - BETA2 ** (index + 1)),
    })
    expect(Number(outputs.norm!.data[0])).toBeCloseTo(norm, 4)
    for (const [at, value] of parameters.entries())
      expect(Number(outputs.parameters_out!.data[at])).toBeCloseTo(value, 5)
    state = {
      parameters: outputs.parameters_out!,
      first: outputs.first_out!,
      second: outputs.second_out!,
    } as typeof state
  }
})

test('a small Conformer learns two sentences, and the same twice', async () => {
  const [first, second] = [await learn(), await learn()]
  expect(first.at(0)).toBeGreaterThan(20)
  expect(first.at(-1)).toBeLessThan(first[0]! / 4)
  expect(second).toEqual(first)
})

async function learn(): Promise<number[]> {
  const [batch, time, mels, width, heads, classes] = [2, 64, 8, 16, 2, 6]
  const tape = new Tape()
  const config = {mels, width, layers: 1, heads, feedForward: 32, kernel: 5}
  const output = linear(tape, speechEncoder(tape, config), 'head', classes)
  const adamW = {beta1: BETA1, beta2: BETA2, epsilon: 1e-8, weightDecay: 0.01, maxGradientNorm: 5}
  const random = seeded(7)
  const engine = await OrtEngine.open(tape, output, {threads: 1, adamW}, places => ({
    parameters: initialParameters(places, random),
    first: new Float32Array(sizeOfAll(places)),
    second: new Float32Array(sizeOfAll(places)),
    steps: 0,
  }))
  const frames = time / SUBSAMPLING
  const size = width / heads
  const angles = Array.from(
    {length: frames * size},
    (_, index) => Math.floor(index / size) / 100 ** ((index % (size / 2)) / (size / 2)),
  )
  const feeds = {
    features: engine.tensor(
      Float32Array.from({length: batch * time * mels}, () => 2 * random() - 1),
      [batch, time, mels],
    ),
    mask: engine.tensor(new Float32Array(batch * frames), [batch, 1, 1, frames]),
    present: engine.tensor(new Float32Array(batch * frames).fill(1), [batch, frames, 1]),
    cosines: engine.tensor(Float32Array.from(angles, Math.cos), [frames, size]),
    sines: engine.tensor(Float32Array.from(angles, Math.sin), [frames, size]),
  }
  const labels = [
    [1, 2, 3, 3, 1],
    [5, 4, 2],
  ]
  const losses: number[] = []
  for (let step = 0; step < 60; step++) {
    const result = await engine.forward(feeds)
    const {losses: rows, gradient} = ctcLoss({
      logits: result.output,
      frames,
      classes,
      lengths: [frames, frames],
      labels,
      blank: 0,
    })
    losses.push(rows.reduce((sum, loss) => sum + loss, 0))
    const gradients = await engine.backward(feeds, result, gradient)
    await engine.update(gradients, {rate: 0.01, scale: 1 / batch, beta1: BETA1, beta2: BETA2})
  }
  await engine.close()
  return losses
}

/** Mulberry32. */
function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
