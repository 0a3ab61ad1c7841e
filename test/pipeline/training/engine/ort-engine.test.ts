import {readFileSync} from 'node:fs'
import {expect, test} from 'vitest'
import {SUBSAMPLING, speechEncoder} from '../../../../src/pipeline/training/architectures/speech-encoder.js'
import {ctcLoss} from '../../../../src/pipeline/training/ctc-loss.js'
import {takeAdamWStep} from '../../../../src/pipeline/training/engine/adamw.js'
import {clippingOf} from '../../../../src/pipeline/training/engine/clip-factor.js'
import {openOrtEngine} from '../../../../src/pipeline/training/engine/ort-engine.js'
import {initialParameters, type ParameterPlace, sizeOfAll} from '../../../../src/pipeline/training/engine/parameters.js'
import type {BuildModel, Values} from '../../../../src/pipeline/training/engine/training-engine.js'
import {linear} from '../../../../src/pipeline/training/layers/linear.js'

const [BETA1, BETA2] = [0.9, 0.98]

test('a step is PyTorch’s AdamW with clipped gradients', () => {
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
  const zeros = () => new Float32Array(golden.start.length)
  const state = {parameters: Float32Array.from(golden.start), first: zeros(), second: zeros()}
  const decayed = Float32Array.from({length: 16}, (_, index) => Number(index < 12))
  for (const [index, {rate, norm, gradients: given, parameters}] of golden.steps.entries()) {
    const gradients = Float32Array.from(given)
    const clipping = clippingOf(gradients, {scale: 0.5, maxGradientNorm: options.maxGradientNorm})
    takeAdamWStep({...state, gradients, decayed}, {rate, factor: clipping.factor, step: index + 1}, options)
    expect(clipping.norm).toBeCloseTo(norm, 4)
    for (const [at, value] of parameters.entries()) expect(state.parameters[at]).toBeCloseTo(value, 5)
  }
})

test('a small Conformer learns two sentences, and the same twice', async () => {
  const [first, second] = [await learn(0), await learn(0)]
  expect(first.at(0)).toBeGreaterThan(20)
  expect(first.at(-1)).toBeLessThan(first[0]! / 4)
  expect(second).toEqual(first)
})

test('with dropout it learns too, the same twice, and otherwise than without', async () => {
  const [first, second] = [await learn(0.1), await learn(0.1)]
  expect(first.at(-1)).toBeLessThan(first[0]! / 2)
  expect(second).toEqual(first)
  expect(first[0]).not.toBe((await learn(0))[0])
})

test('dropout leaves what is trained without it alone, and keeps the mean', async () => {
  const size = 10_000
  const engine = await openOrtEngine(
    ops => ops.dropout(ops.parameter('x', [size]), 0.25),
    options(() => ones(size)),
  )
  expect((await engine.infer({})).values.every(value => value === 1)).toBe(true)
  const dropped: number[] = []
  const gradients = await engine.gradients(
    {},
    ({values}) => {
      dropped.push(...values)
      return new Float32Array(size).fill(1)
    },
    3,
  )
  expect([...new Set(dropped)].sort()).toEqual([0, Math.fround(4 / 3)])
  expect(dropped.filter(value => value === 0).length / size).toBeCloseTo(0.25, 1)
  expect([...gradients]).toEqual(dropped)
  await engine.close()
})

test('a frozen weight gets no gradient', async () => {
  const build: BuildModel = ops =>
    ops.multiply(ops.parameter('x', [2]), ops.parameter('fixed', [2], {trainable: false}))
  const frozen = new Map([['fixed', Float32Array.of(3, 5)]])
  const engine = await openOrtEngine(build, {...options(() => ones(2)), frozen})
  expect(engine.places.map(({name}) => name)).toEqual(['x'])
  expect([...(await engine.gradients({}, () => Float32Array.of(1, 1), 0))]).toEqual([3, 5])
  await engine.close()
})

const ones = (size: number) => new Float32Array(size).fill(1)

function options(parameters: (places: readonly ParameterPlace[]) => Float32Array) {
  return {
    threads: 1,
    adamW: {beta1: BETA1, beta2: BETA2, epsilon: 1e-8, weightDecay: 0.01, maxGradientNorm: 5},
    frozen: new Map<string, Float32Array>(),
    initial: (places: readonly ParameterPlace[]) => ({
      parameters: parameters(places),
      first: new Float32Array(sizeOfAll(places)),
      second: new Float32Array(sizeOfAll(places)),
      steps: 0,
    }),
  }
}

async function learn(dropout: number): Promise<number[]> {
  const [batch, time, mels, width, heads, classes] = [2, 64, 8, 16, 2, 6]
  const config = {mels, width, layers: 1, heads, feedForward: 32, kernel: 5, dropout}
  const random = seeded(7)
  const engine = await openOrtEngine(
    ops => linear(ops, speechEncoder(ops, config), 'head', classes),
    options(places => initialParameters(places, random)),
  )
  const frames = time / SUBSAMPLING
  const size = width / heads
  const angles = Array.from(
    {length: frames * size},
    (_, index) => Math.floor(index / size) / 100 ** ((index % (size / 2)) / (size / 2)),
  )
  const tensor = (values: Float32Array, ...shape: number[]): Values => ({values, shape})
  const features = Float32Array.from({length: batch * time * mels}, () => 2 * random() - 1)
  const feeds = {
    features: tensor(features, batch, time, mels),
    mask: tensor(new Float32Array(batch * frames), batch, 1, 1, frames),
    present: tensor(new Float32Array(batch * frames).fill(1), batch, frames, 1),
    cosines: tensor(Float32Array.from(angles, Math.cos), frames, size),
    sines: tensor(Float32Array.from(angles, Math.sin), frames, size),
  }
  const labels = [
    [1, 2, 3, 3, 1],
    [5, 4, 2],
  ]
  const lengths = [frames, frames]
  const losses: number[] = []
  for (let step = 0; step < 60; step++) {
    const gradients = await engine.gradients(
      feeds,
      ({values}) => {
        const found = ctcLoss({logits: values, frames, classes, lengths, labels, blank: 0})
        losses.push(found.losses.reduce((sum, loss) => sum + loss, 0))
        return found.gradient
      },
      step,
    )
    await engine.update(gradients, {rate: 0.01, scale: 1 / batch})
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
