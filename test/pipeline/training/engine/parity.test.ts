import {describe, expect, test} from 'vitest'
import type {EngineName} from '../../../../src/pipeline/training/engine/engine-names.js'
import {startEngine} from '../../../../src/pipeline/training/engine/start-engine.js'
import {Tape} from '../../../../src/pipeline/training/engine/tape.js'
import type {BuildModel, TrainingEngine} from '../../../../src/pipeline/training/engine/training-engine.js'
import {OTHER_ENGINES, withoutTensorFlow} from '../../../support/training-engines.js'
import {
  engineOptions,
  SMALL_MODELS,
  type SmallModel,
  smallBatch,
  someValues,
  WIDTH,
} from '../../../support/training-models.js'

const RELATIVE = 1e-4

const buildOf =
  (model: SmallModel): BuildModel =>
  ops =>
    model(ops, ops.input('x', ['batch', 'time', WIDTH]))

interface Found {
  readonly places: TrainingEngine['places']
  readonly trained: Float32Array
  readonly shape: readonly number[]
  readonly used: Float32Array
  readonly gradients: Float32Array
}

async function compute(name: EngineName, model: SmallModel): Promise<Found> {
  const engine = await startEngine(name, buildOf(model), engineOptions)
  const batch = {...smallBatch}
  const outputs: Pick<Found, 'trained' | 'shape'>[] = []
  const gradients = await engine.gradients(
    batch,
    ({values, shape}) => {
      outputs.push({trained: values.slice(), shape})
      return someValues(values.length, 99)
    },
    7,
  )
  const used = (await engine.infer(batch)).values
  await engine.close()
  expect(outputs).toHaveLength(1)
  return {places: engine.places, gradients, used, ...outputs[0]!}
}

/** Differences count against the largest value. */
function expectNear(found: Float32Array, wanted: Float32Array, what: string): void {
  expect(found.length, what).toBe(wanted.length)
  const largest = wanted.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-3)
  const error = wanted.reduce((most, value, index) => Math.max(most, Math.abs(value - found[index]!)), 0)
  expect(error / largest, what).toBeLessThan(RELATIVE)
}

describe(`engines give the same outputs and gradients${withoutTensorFlow}`, () => {
  test.each(SMALL_MODELS)('%s', async (_, model) => {
    const wanted = await compute('ort-cpu', model)
    expect(wanted.gradients.some(value => value !== 0)).toBe(true)
    for (const name of OTHER_ENGINES) {
      const found = await compute(name, model)
      expect(found.places, name).toEqual(wanted.places)
      expect(found.shape, name).toEqual(wanted.shape)
      expectNear(found.trained, wanted.trained, `${name}: output in training`)
      expectNear(found.used, wanted.used, `${name}: output in use`)
      for (const {name: weight, start, end} of wanted.places)
        expectNear(found.gradients.subarray(start, end), wanted.gradients.subarray(start, end), `${name}: ${weight}`)
    }
  })
})

test('the models above use every operation there is', () => {
  const used = new Set<string>()
  for (const [, model] of SMALL_MODELS) {
    const watched = new Proxy(new Tape(), {
      get(tape, key) {
        used.add(String(key))
        const value: unknown = Reflect.get(tape, key, tape)
        return typeof value === 'function' ? value.bind(tape) : value
      },
    })
    buildOf(model)(watched)
  }
  const own = new Set(['constructor', 'record', 'sites', 'variables'])
  const operations = [...Object.getOwnPropertyNames(Tape.prototype), ...Object.keys(new Tape())]
  expect(operations.filter(name => !used.has(name) && !own.has(name))).toEqual([])
})
