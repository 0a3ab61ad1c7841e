import {expect, test} from 'vitest'
import {sinusoids} from '../../../../../src/pipeline/training/tasks/whisper/sinusoids.js'
import {goldenWhisper, readTensor, relativeDifference} from '../../../../support/golden-whisper.js'

test('positions are those that transformers gives a new encoder', async () => {
  const theirs = await readTensor(goldenWhisper('start/model.safetensors'), 'model.encoder.embed_positions.weight')
  expect(relativeDifference(sinusoids(12, 16), theirs)).toBeLessThan(1e-6)
})
