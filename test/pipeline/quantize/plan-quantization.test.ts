import {mkdir, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {describe, expect, test} from 'vitest'
import {deviceNotes} from '../../../src/pipeline/quantize/device-notes.js'
import {planQuantization} from '../../../src/pipeline/quantize/plan-quantization.js'
import {recipeOf} from '../../../src/pipeline/quantize/presets.js'
import {ModelRecipe, narrowed, parseRecipe} from '../../../src/pipeline/quantize/recipes.js'
import type {Device} from '../../../src/pipeline/runtime/session.js'
import {temporaryFolder} from '../transcripts/temporary-folder.js'

async function folderWith(...names: string[]): Promise<string> {
  const folder = await temporaryFolder()
  await mkdir(join(folder, 'onnx'))
  for (const name of names) await writeFile(join(folder, 'onnx', name), '')
  return folder
}
type Recipe = Parameters<typeof narrowed>[0]

const whisper = () => folderWith('encoder_model.onnx', 'decoder_model_merged.onnx', 'encoder_model_q4.onnx')
const ctc = () => folderWith('model.onnx')

const plan = async (folder: string, name: Parameters<typeof recipeOf>[0], calibrated = false) => {
  const {files} = await planQuantization(folder, 'fp32', recipeOf(name, {calibrated}))
  return files.map(({targetName, steps}) => `${targetName} ${steps.map(({method}) => method).join('+')}`)
}

test.each<[Parameters<typeof recipeOf>[0], boolean, string[], string[]]>([
  [
    'cpu',
    false,
    ['encoder_model_int8.onnx dynamic-int8', 'decoder_model_merged_w8.onnx int8-weights'],
    ['model_int8.onnx dynamic-int8'],
  ],
  [
    'cpu',
    true,
    ['encoder_model_int8.onnx dynamic-int8+static-int8', 'decoder_model_merged_w8.onnx int8-weights'],
    ['model_int8.onnx dynamic-int8+static-int8'],
  ],
  [
    'gpu',
    false,
    ['encoder_model_fp16.onnx float16', 'decoder_model_merged_fp16.onnx float16'],
    ['model_fp16.onnx float16'],
  ],
  [
    'tensorrt',
    true,
    ['encoder_model_int8.onnx static-int8', 'decoder_model_merged_fp16.onnx float16'],
    ['model_int8.onnx static-int8'],
  ],
  [
    'smallest',
    false,
    ['encoder_model_q4.onnx int4-weights', 'decoder_model_merged_q4.onnx int4-weights'],
    ['model_q4.onnx int4-weights'],
  ],
  [
    'int8-weights',
    false,
    ['encoder_model_w8.onnx int8-weights', 'decoder_model_merged_w8.onnx int8-weights'],
    ['model_w8.onnx int8-weights'],
  ],
])('%s, with recordings to calibrate with: %s', async (name, calibrated, ofWhisper, ofCtc) => {
  expect(await plan(await whisper(), name, calibrated)).toEqual(ofWhisper.map(file => `onnx/${file}`))
  expect(await plan(await ctc(), name, calibrated)).toEqual(ofCtc.map(file => `onnx/${file}`))
})

test.each<[Device | undefined, Parameters<typeof recipeOf>[0], RegExp[]]>([
  ['cuda', 'dynamic-int8', [/no kernels for dynamic int8 on cuda/]],
  ['webgpu', 'cpu', [/no kernels for dynamic int8 on webgpu/, /in floats on webgpu/]],
  ['webgpu', 'static-int8', [/in floats on webgpu/]],
  ['cpu', 'gpu', [/not faster/]],
  ['cpu', 'int4-weights', [/mostly slower/]],
  ['cpu', 'cpu', []],
  ['cuda', 'gpu', []],
  [undefined, 'gpu', []],
])('for %s and %s the user is told what does not suit', async (device, name, expected) => {
  const {files} = await planQuantization(await whisper(), 'fp32', recipeOf(name, {calibrated: true}))
  expect(deviceNotes(files, device)).toEqual(expected.map(pattern => expect.stringMatching(pattern)))
})

describe('recipes', () => {
  test.each([
    ['{"steps": [{"method": "int2"}]}', /int8-weights/],
    ['{"steps": [{"method": "float16", "bits": 16}]}', /"bits"/],
    ['{"steps": []}', /It has no steps/],
    ['{"encoders": []}', /"encoders"/],
    ['{', /is not JSON/],
    ['{"model": [{"method": "int4-weights", "blockSize": 48}]}', /model\[0\]\.blockSize/],
  ])('%s is refused', (text, message) => {
    const parse = () => parseRecipe(ModelRecipe, text, 'recipe.json')
    expect(parse).toThrow(expect.objectContaining({code: 'CONFIG_INVALID', message: expect.stringMatching(message)}))
  })

  test('patterns of the whole are those of every step', () => {
    const recipe: Recipe = {encoder: [{method: 'float16', exclude: ['a']}], decoder: [{method: 'int8-weights'}]}
    expect(narrowed(recipe, {include: ['c'], exclude: ['b']})).toEqual({
      encoder: [{method: 'float16', include: ['c'], exclude: ['a', 'b']}],
      decoder: [{method: 'int8-weights', include: ['c'], exclude: ['b']}],
    })
  })
})
