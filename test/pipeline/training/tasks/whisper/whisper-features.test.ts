import {expect, test} from 'vitest'
import {WhisperConfig} from '../../../../../src/pipeline/export/whisper/config.js'
import {whisperLogMel} from '../../../../../src/pipeline/features/log-mel.js'
import {type AudioContext, encoderInputs} from '../../../../../src/pipeline/training/tasks/whisper/whisper-features.js'
import {tones} from '../../../../support/atom-models.js'
import {relativeDifference} from '../../../../support/golden-whisper.js'

const MELS = 80
const config = WhisperConfig.parse({
  ...{d_model: 4, encoder_layers: 1, encoder_attention_heads: 1, encoder_ffn_dim: 4},
  ...{decoder_layers: 1, decoder_attention_heads: 1, decoder_ffn_dim: 4, vocab_size: 9},
})
const positions = new Float32Array(1500 * 4)

/** Rows of different length as they come from the trainer: zeros after each. */
function batchOf(seconds: readonly number[]) {
  const longest = Math.max(...seconds) * 100
  const values = new Float32Array(seconds.length * longest * MELS)
  for (const [row, own] of seconds.entries()) values.set(heard(own).subarray(0, own * 100 * MELS), row * longest * MELS)
  return {features: {values, shape: [seconds.length, longest, MELS]}, lengths: seconds.map(one => one * 100)}
}

const heard = (seconds: number) =>
  whisperLogMel(tones('sine', [[0, seconds - 0.1, 300 * seconds]], seconds * 16_000), MELS)

test.each<readonly [AudioContext, number]>([
  ['full', 3000],
  ['auto', 300],
])('with context %s each row goes on with its silence, as zeros after the samples give it', (context, frames) => {
  const {features, encoder_positions: places} = encoderInputs(batchOf([1, 3]), {config, positions, context})
  expect(features?.shape).toEqual([2, frames, MELS])
  expect(places?.shape).toEqual([frames / 2, 4])
  for (const [row, seconds] of [1, 3].entries()) {
    const own = features?.values.subarray(row * frames * MELS, (row + 1) * frames * MELS)
    expect(relativeDifference(own ?? [], heard(seconds).subarray(0, frames * MELS))).toBe(0)
  }
})

test('a row of silence goes on as the floor of the scale', () => {
  const silence = {values: new Float32Array(MELS).fill(-1.5), shape: [1, 1, MELS]}
  const {features} = encoderInputs({features: silence, lengths: [1]}, {config, positions, context: 'auto'})
  expect(features).toEqual({values: new Float32Array(2 * MELS).fill(-1.5), shape: [1, 2, MELS]})
})
