import {describe, expect, test} from 'vitest'
import {startEngine} from '../../../../../src/pipeline/training/engine/start-engine.js'
import {loadTfjs} from '../../../../../src/pipeline/training/engine/tfjs/load-tfjs.js'
import type {BuildModel, TrainingEngine} from '../../../../../src/pipeline/training/engine/training-engine.js'
import {OTHER_ENGINES, withoutTensorFlow} from '../../../../support/training-engines.js'
import {engineOptions, smallEncoder, smallEncoderBatch, someValues} from '../../../../support/training-models.js'

const SIZES = {mels: 4, width: 8, classes: 5}
const batch = smallEncoderBatch(16, SIZES)

async function step(engine: TrainingEngine, noise: number): Promise<Float32Array> {
  const gradients = await engine.gradients(batch, ({values}) => someValues(values.length, 99), noise)
  await engine.update(gradients, {rate: 0.01, scale: 1})
  await engine.infer(batch)
  await engine.state()
  return gradients
}

describe.each(OTHER_ENGINES)(`%s${withoutTensorFlow}`, name => {
  test('keeps no tensor of a step, and none at all once it is closed', async () => {
    const {tf} = await loadTfjs(name)
    const count = () => [tf.memory().numTensors, tf.memory().numDataBuffers, tf.backend().numDataIds()]
    const before = count()
    const engine = await startEngine(name, smallEncoder(0.2, SIZES), engineOptions)
    await step(engine, 0)
    const afterOne = count()
    for (let noise = 1; noise < 5; noise++) await step(engine, noise)
    expect(count()).toEqual(afterOne)
    await engine.close()
    expect(count()).toEqual(before)
  })

  test('gives a weight as output without giving it away', async () => {
    const build: BuildModel = ops => ops.parameter('x', [3])
    const engine = await startEngine(name, build, engineOptions)
    const first = await engine.infer({})
    expect(await engine.infer({})).toEqual(first)
    expect([...(await engine.gradients({}, () => Float32Array.of(1, 2, 3), 0))]).toEqual([1, 2, 3])
    await engine.close()
  })
})

test('engines of one process do not disturb each other', async () => {
  const alone = await Promise.all(
    OTHER_ENGINES.map(async name => {
      const engine = await startEngine(name, smallEncoder(0.2, SIZES), engineOptions)
      return {name, engine}
    }),
  )
  const together = await Promise.all(alone.map(({engine}) => step(engine, 1)))
  const again = await Promise.all(alone.map(({engine}) => step(engine, 1)))
  for (const [index, {name, engine}] of alone.entries()) {
    await engine.close()
    const single = await startEngine(name, smallEncoder(0.2, SIZES), engineOptions)
    expect(await step(single, 1), name).toEqual(together[index])
    expect(await step(single, 1), name).toEqual(again[index])
    await single.close()
  }
})

test.each([
  [[2, 3, 4], [2, 4, 5], false, false],
  [[2, 4, 3], [2, 4, 5], true, false],
  [[2, 3, 4], [2, 5, 4], false, true],
  [[2, 4, 3], [2, 5, 4], true, true],
  [[2, 3, 3, 4], [2, 3, 4, 1], false, false],
  [[4, 3], [4, 5], true, false],
  [[1, 4], [5, 4], false, true],
  [[3, 1, 7], [3, 7, 1], false, false],
] as const)(
  'the repaired product of WebAssembly multiplies %j and %j, transposed: %s, %s',
  async (a, b, turnA, turnB) => {
    const {tf} = await loadTfjs('tfjs-wasm')
    const size = (shape: readonly number[]) => shape.reduce((product, one) => product * one, 1)
    const [left, right] = [someValues(size(a), 1), someValues(size(b), 2)]
    const product = tf.matMul(tf.tensor(left, [...a]), tf.tensor(right, [...b]), turnA, turnB)
    const [rows, depth] = turnA ? [a.at(-1)!, a.at(-2)!] : [a.at(-2)!, a.at(-1)!]
    const columns = turnB ? b.at(-2)! : b.at(-1)!
    const found = product.dataSync()
    for (let index = 0; index < found.length; index++) {
      const matrix = Math.floor(index / (rows * columns))
      const [row, column] = [Math.floor(index / columns) % rows, index % columns]
      let sum = 0
      for (let at = 0; at < depth; at++)
        sum +=
          left[matrix * rows * depth + (turnA ? at * rows + row : row * depth + at)]! *
          right[matrix * depth * columns + (turnB ? column * depth + at : at * columns + column)]!
      expect(found[index]).toBeCloseTo(sum, 5)
    }
  },
)
