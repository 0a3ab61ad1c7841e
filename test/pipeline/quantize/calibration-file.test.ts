import {readdir, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {expect, test} from 'vitest'
import {writeSafetensors} from '../../../src/pipeline/export/safetensors-write.js'
import {memorySource} from '../../../src/pipeline/onnx/model.js'
import {type CalibrationSample, readFeeds, writeFeeds} from '../../../src/pipeline/quantize/calibration-file.js'
import {onnxReference} from '../../support/onnx-models.js'
import {temporaryFolder} from '../transcripts/temporary-folder.js'

const all = async (path: string): Promise<CalibrationSample[]> => {
  const samples = []
  for await (const sample of readFeeds(path)) samples.push(sample)
  return samples
}

const samples: readonly CalibrationSample[] = [
  {
    sample: '84/b 100%',
    feeds: {
      'past.0/key': {type: 'float32', shape: [1, 0, 4], data: new Float32Array(0)},
      ids: {type: 'int64', shape: [1, 2], data: BigInt64Array.of(-1n, 5n)},
      half: {type: 'float16', shape: [1], data: Uint16Array.of(0x3c00)},
    },
  },
  {
    sample: 'a%2F',
    feeds: {
      use: {type: 'bool', shape: [], data: Uint8Array.of(1)},
      double: {type: 'float64', shape: [1], data: Float64Array.of(0.1)},
      small: {type: 'int8', shape: [3], data: Int8Array.of(-1, 0, 1)},
    },
  },
]

test('samples come back as they were, in their order, as often as they are asked for', async () => {
  const path = join(await temporaryFolder(), 'feeds.safetensors')
  await writeFeeds(path, samples)
  expect(await all(path)).toEqual(samples)
  expect(await all(path)).toEqual(samples)
})

test('a file of Python is read in the order of its tensors', async () => {
  const found = await all(onnxReference('static/gemm.safetensors'))
  expect(found.map(({sample}) => sample)).toEqual(['sample-0', 'sample-1', 'sample-2'])
  expect(found[0]?.feeds.tiny).toMatchObject({type: 'float32', shape: [4, 6]})
})

test('nothing is overwritten unless it is wished, and nothing half-written stays', async () => {
  const folder = await temporaryFolder()
  const path = join(folder, 'feeds.safetensors')
  await writeFile(path, 'mine')
  await expect(writeFeeds(path, samples)).rejects.toMatchObject({code: 'OUTPUT_EXISTS'})
  await writeFeeds(path, samples, {overwrite: true})
  const failing = (async function* () {
    yield samples[0]!
    throw new Error('no more')
  })()
  await expect(writeFeeds(join(folder, 'other'), failing)).rejects.toThrow('no more')
  await expect(writeFeeds(join(folder, 'other'), [samples[0]!, samples[0]!])).rejects.toThrow('comes twice')
  expect(await readdir(folder)).toEqual(['feeds.safetensors'])
})

const tensor = (name: string, type: 'F32' | 'BF16' = 'F32') => ({
  name,
  type,
  shape: [1],
  source: memorySource(new Uint8Array(type === 'F32' ? 4 : 2)),
})

test.each([
  ['a tensor without a sample', [tensor('x')], {}, 'tensor "x" is not named "<sample>/<input name>"'],
  ['a tensor without an input', [tensor('a/')], {}, 'tensor "a/" is not named "<sample>/<input name>"'],
  ['a type that no input takes', [tensor('a/x', 'BF16')], {}, 'tensor "a/x" is of type BF16, which no input takes'],
  ['no samples', [], {}, 'it has no samples'],
  ['an order that is none', [tensor('a/x')], {samples: '{}'}, 'its metadata "samples" is not a list of names'],
])('%s: refused', async (_, tensors, metadata, problem) => {
  const path = join(await temporaryFolder(), 'feeds.safetensors')
  await writeSafetensors(path, tensors, {metadata})
  await expect(all(path)).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
    message: `${path} is not a calibration file: ${problem}.`,
  })
})

test('a file that is not there, or something else, is told of', async () => {
  const path = join(await temporaryFolder(), 'feeds.safetensors')
  await expect(all(path)).rejects.toMatchObject({code: 'INPUT_MISSING'})
  await writeFile(path, 'RIFF')
  await expect(all(path)).rejects.toMatchObject({code: 'MODEL_INVALID'})
})
