import {expect, test} from 'vitest'
import {defaultBatchSize} from '../../../../src/pipeline/models/whisper/batch-size.js'
import {assembleModel, atomModel, readWhisperFolder, removeModel} from '../../../support/atom-models.js'

/** Files of whisper-atom, by the names that they get. */
const named = (files: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(files).map(([to, from]) => [`onnx/${to}`, `onnx/${from}`]))

const QUANTIZED = named({
  'decoder_model_quantized.onnx': 'decoder_model_quantized.onnx',
  'decoder_with_past_model_quantized.onnx': 'decoder_with_past_model_quantized.onnx',
})
const PLAIN = named({
  'decoder_model_quantized.onnx': 'decoder_model.onnx',
  'decoder_with_past_model_quantized.onnx': 'decoder_with_past_model.onnx',
})
const WEIGHTS = named({'decoder.onnx_data': 'decoder.onnx_data'})

test('a small model decodes eight windows together', async () => {
  expect(defaultBatchSize(await readWhisperFolder(atomModel('whisper-atom')), 5)).toBe(8)
})

test.each([
  ['a decoder that scales its activations over the batch gets one window', QUANTIZED, 1],
  ['what a file is called does not matter', PLAIN, 8],
])('%s', async (_, decoder, expected) => {
  const path = await assembleModel('whisper-atom', {
    ...WEIGHTS,
    ...decoder,
    'onnx/encoder_model_quantized.onnx': 'onnx/encoder_model_quantized.onnx',
  })
  const folder = await readWhisperFolder(path)
  expect(folder).toMatchObject({precision: 'q8', dynamic: {encoder: true, decoder: expected === 1}})
  expect(defaultBatchSize(folder, 5)).toBe(expected)
  await removeModel(path)
})
