import {readFileSync} from 'node:fs'
import {describe, expect, test} from 'vitest'
import {SUBSAMPLING} from '../../../../src/pipeline/training/architectures/speech-encoder.js'
import {ctcLoss} from '../../../../src/pipeline/training/ctc-loss.js'
import type {EngineName} from '../../../../src/pipeline/training/engine/engine-names.js'
import {startEngine} from '../../../../src/pipeline/training/engine/start-engine.js'
import type {
  Batch,
  BuildModel,
  LossGradient,
  TrainingState,
} from '../../../../src/pipeline/training/engine/training-engine.js'
import {OTHER_ENGINES, withoutTensorFlow} from '../../../support/training-engines.js'
import {engineOptions, smallEncoder, smallEncoderBatch} from '../../../support/training-models.js'

const STEPS = 50
const RATE = 0.02
const FRAMES = 16
const SIZES = {mels: 4, width: 8, classes: 6}
const ALL: readonly EngineName[] = ['ort-cpu', ...OTHER_ENGINES]

/** A whole model with its loss, small enough for fifty steps on each engine. */
interface WholeModel {
  readonly build: BuildModel
  readonly batch: Batch
  /** Tells the loss, and gives its gradient. */
  readonly loss: (tell: (loss: number) => void) => LossGradient
}

const sentences: WholeModel['loss'] =
  tell =>
  ({values}) => {
    const frames = FRAMES / SUBSAMPLING
    const labels = [
      [1, 2, 3],
      [5, 4],
    ]
    const found = ctcLoss({
      logits: values,
      frames,
      classes: SIZES.classes,
      lengths: [frames, frames - 2],
      labels,
      blank: 0,
    })
    tell(found.losses.reduce((sum, loss) => sum + loss, 0))
    return found.gradient
  }

const MODELS: Readonly<Record<string, WholeModel>> = {
  'a Conformer with CTC': {build: smallEncoder(0, SIZES), batch: smallEncoderBatch(FRAMES, SIZES), loss: sentences},
  'a Conformer with CTC and dropout': {
    build: smallEncoder(0.1, SIZES),
    batch: smallEncoderBatch(FRAMES, SIZES),
    loss: sentences,
  },
}

interface Learnt {
  readonly losses: readonly number[]
  readonly state: TrainingState
}

async function learn(name: EngineName, {build, batch, loss}: WholeModel, steps = STEPS): Promise<Learnt> {
  const engine = await startEngine(name, build, engineOptions)
  const losses: number[] = []
  for (let step = 0; step < steps; step++) {
    const gradients = await engine.gradients(
      batch,
      loss(value => losses.push(value)),
      step,
    )
    await engine.update(gradients, {rate: RATE, scale: 0.5})
  }
  const state = await engine.state()
  await engine.close()
  return {losses, state}
}

describe.each(Object.entries(MODELS))(`%s${withoutTensorFlow}`, (_, model) => {
  test('learns the same on all engines: losses of fifty steps within 1 %', async () => {
    const wanted = await learn('ort-cpu', model)
    expect(wanted.losses).toHaveLength(STEPS)
    expect(wanted.losses.at(-1)).toBeLessThan(wanted.losses[0]! / 2)
    for (const name of OTHER_ENGINES) {
      const found = await learn(name, model)
      for (const [step, loss] of wanted.losses.entries())
        expect(Math.abs(found.losses[step]! / loss - 1), `${name}, step ${step}`).toBeLessThan(0.01)
    }
  })

  test.each(ALL)('learns the same twice, bit by bit, on %s', async name => {
    expect(await learn(name, model, 5)).toEqual(await learn(name, model, 5))
  })
})

describe.each(ALL)('%s', name => {
  test('takes PyTorch’s steps of AdamW with clipped gradients', async () => {
    const golden: {
      readonly start: readonly number[]
      readonly steps: readonly {
        readonly rate: number
        readonly norm: number
        readonly gradients: readonly number[]
        readonly parameters: readonly number[]
      }[]
    } = JSON.parse(readFileSync(new URL('../../../data/training-reference/adamw.json', import.meta.url), 'utf8'))
    // The golden has the matrix first; an engine says itself where its weights stand.
    const placed = (values: readonly number[]) =>
      engine.places.flatMap(({shape}) => (shape.length > 1 ? values.slice(0, 12) : values.slice(12)))
    const build: BuildModel = ops => ops.add(ops.parameter('weight', [3, 4]), ops.parameter('bias', [4]))
    const engine = await startEngine(name, build, {
      ...engineOptions,
      adamW: {beta1: 0.9, beta2: 0.98, epsilon: 1e-8, weightDecay: 0.1, maxGradientNorm: 5},
      initial: places => ({
        parameters: Float32Array.from(
          places.flatMap(({shape}) => (shape.length > 1 ? golden.start.slice(0, 12) : golden.start.slice(12))),
        ),
        first: new Float32Array(16),
        second: new Float32Array(16),
        steps: 0,
      }),
    })
    for (const {rate, norm, gradients, parameters} of golden.steps) {
      expect(await engine.update(Float32Array.from(placed(gradients)), {rate, scale: 0.5})).toBeCloseTo(norm, 4)
      const state = await engine.state()
      for (const [at, value] of placed(parameters).entries()) expect(state.parameters[at]).toBeCloseTo(value, 5)
    }
    expect((await engine.state()).steps).toBe(golden.steps.length)
    await engine.close()
  })

  test('goes on from a state as if it had never stopped', async () => {
    const model = MODELS['a Conformer with CTC']!
    const whole = await learn(name, model, 6)
    const first = await learn(name, model, 3)
    const engine = await startEngine(name, model.build, {...engineOptions, initial: () => first.state})
    for (let step = 3; step < 6; step++) {
      const gradients = await engine.gradients(
        model.batch,
        model.loss(() => {}),
        step,
      )
      await engine.update(gradients, {rate: RATE, scale: 0.5})
    }
    expect(await engine.state()).toEqual(whole.state)
    await engine.close()
  })

  test('has the weights that it is given later, and its own moments', async () => {
    const model = MODELS['a Conformer with CTC']!
    const {state} = await learn(name, model, 2)
    const open = (parameters: Float32Array) =>
      startEngine(name, model.build, {...engineOptions, initial: () => ({...state, parameters})})
    const other = state.parameters.map(value => value + 0.01)
    const [loaded, opened] = [await open(state.parameters), await open(other)]
    const given = other.slice()
    await loaded.load(given)
    given.fill(0)
    expect(await loaded.infer(model.batch)).toEqual(await opened.infer(model.batch))
    expect(await loaded.state()).toEqual(await opened.state())
    await loaded.close()
    await opened.close()
  })

  test('takes frozen weights as they are', async () => {
    const build: BuildModel = ops =>
      ops.multiply(ops.parameter('x', [2]), ops.parameter('fixed', [2], {trainable: false}))
    const frozen = new Map([['fixed', Float32Array.of(3, 5)]])
    const engine = await startEngine(name, build, {...engineOptions, frozen})
    expect(engine.places.map(place => place.name)).toEqual(['x'])
    expect([...(await engine.gradients({}, () => Float32Array.of(1, 1), 0))]).toEqual([3, 5])
    await engine.close()
  })

  test('says which input a batch lacks', async () => {
    const build: BuildModel = ops => ops.multiply(ops.parameter('x', [2]), ops.input('missing', [2]))
    const engine = await startEngine(name, build, engineOptions)
    await expect(engine.infer({})).rejects.toThrow(/missing/)
    await engine.close()
  })
})
