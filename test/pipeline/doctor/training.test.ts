import {expect, test} from 'vitest'
import {diagnose} from '../../../src/pipeline/doctor/diagnose.js'
import {formatDiagnosis} from '../../../src/pipeline/doctor/format-diagnosis.js'
import {ENGINES} from '../../../src/pipeline/training/engine/engine-names.js'

const quiet = {
  run: async () => undefined,
  probe: async () => ({provider: 'cpu', available: true, seconds: 1}) as const,
}

test('the engines of training are tried where that is asked for, and shown with time, loss and remedy', async () => {
  const diagnosis = await diagnose({
    ...quiet,
    training: true,
    probeTraining: async engine =>
      engine === 'ort-cpu'
        ? {engine, available: true, milliseconds: 1.25, loss: 1.892841}
        : {engine, available: false, reason: `no ${engine}`, fix: `get ${engine}`},
  })
  expect(diagnosis.training?.map(({engine}) => engine)).toEqual(ENGINES)
  const text = formatDiagnosis(diagnosis)
  expect(text).toMatch(/✓ ort-cpu +a step of a tiny model takes 1\.3 ms, loss 1\.8928 as PyTorch’s/)
  expect(text).toMatch(/✗ tfjs-node +no tfjs-node\n +→ get tfjs-node/)
})

test('no engine is tried unasked', async () => {
  const diagnosis = await diagnose({
    ...quiet,
    probeTraining: async () => {
      throw new Error('tried')
    },
  })
  expect(diagnosis.training).toBeUndefined()
  expect(formatDiagnosis(diagnosis)).not.toContain('Training')
})
