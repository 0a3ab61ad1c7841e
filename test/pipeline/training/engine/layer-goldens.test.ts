import {readFileSync} from 'node:fs'
import {describe, expect, test} from 'vitest'
import {startEngine} from '../../../../src/pipeline/training/engine/start-engine.js'
import type {Batch, BuildModel} from '../../../../src/pipeline/training/engine/training-engine.js'
import {gelu} from '../../../../src/pipeline/training/layers/activations.js'
import {selfAttention} from '../../../../src/pipeline/training/layers/attention.js'
import {layerNorm} from '../../../../src/pipeline/training/layers/layer-norm.js'
import {OTHER_ENGINES, withoutTensorFlow} from '../../../support/training-engines.js'
import {
  engineOptions,
  smallBatch,
  smallEncoder,
  smallEncoderBatch,
  someTensor,
  someValues,
} from '../../../support/training-models.js'

interface Golden {
  readonly output: readonly number[]
  readonly gradients: Readonly<Record<string, readonly number[]>>
}

const goldens: Readonly<Record<string, Golden>> = JSON.parse(
  readFileSync(new URL('../../../data/training-reference/layers/layers.json', import.meta.url), 'utf8'),
)

const encoder = {mels: 4, width: 8, classes: 5}
const {cosines, sines} = smallEncoderBatch(16, encoder)
const x = someTensor([2, 4, 6], 5)

const CASES: readonly (readonly [name: string, build: BuildModel, batch: Batch])[] = [
  [
    'layer norm',
    ops => layerNorm(ops, ops.multiply(ops.input('x', ['batch', 'time', 6]), ops.parameter('a', [6])), 'norm'),
    {x},
  ],
  [
    'gelu',
    ops => gelu(ops, ops.multiply(ops.input('x', ['batch', 'time', 6]), ops.parameter('a', [6]))),
    {x: {values: x.values.map(value => 3 * value), shape: x.shape}},
  ],
  [
    'cross-entropy',
    ops => {
      const logits = ops.matMul(ops.input('x', ['batch', 'time', 6]), ops.parameter('a', [6, 7]))
      return ops.pick(ops.logSoftmax(logits), ops.input('ids', ['batch', 'time'], 'int64'))
    },
    smallBatch,
  ],
  [
    'attention with rotary positions',
    ops => {
      const rotary = {cosines: ops.input('cosines', ['time', 4]), sines: ops.input('sines', ['time', 4])}
      const heard = ops.multiply(ops.input('x', ['batch', 'time', 8]), ops.parameter('a', [8]))
      return selfAttention(ops, heard, 'attention', {heads: 2, rotary})
    },
    {x: someTensor([2, 4, 8], 5), cosines: cosines!, sines: sines!},
  ],
  ['a Conformer of one layer', smallEncoder(0, encoder), smallEncoderBatch(16, encoder)],
]

test('every golden is looked at', () => expect(CASES.map(([name]) => name)).toEqual(Object.keys(goldens)))

describe.each(['ort-cpu', ...OTHER_ENGINES] as const)(`%s computes what PyTorch does${withoutTensorFlow}`, name => {
  test.each(CASES)('%s', async (what, build, batch) => {
    const golden = goldens[what]!
    const engine = await startEngine(name, build, engineOptions)
    const gradients = await engine.gradients(
      batch,
      ({values}) => {
        expectNear(values, golden.output, 'output')
        return someValues(values.length, 99)
      },
      0,
    )
    expect(engine.places.map(place => place.name).sort()).toEqual(Object.keys(golden.gradients).sort())
    for (const {name: weight, start, end} of engine.places)
      expectNear(gradients.subarray(start, end), golden.gradients[weight]!, weight)
    await engine.close()
  })
})

function expectNear(found: Float32Array, wanted: readonly number[], what: string): void {
  expect(found.length, what).toBe(wanted.length)
  const largest = Math.max(...wanted.map(Math.abs))
  for (const [index, value] of wanted.entries())
    expect(Math.abs(found[index]! - value), `${what}[${index}]`).toBeLessThan(1e-4 * Math.max(largest, 1e-2))
}
