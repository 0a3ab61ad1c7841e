import {readdir} from 'node:fs/promises'
import {join} from 'node:path'
import {expect, test} from 'vitest'
import {openDataset} from '../../../src/pipeline/datasets/open-dataset.js'
import {readModelFolder} from '../../../src/pipeline/models/read-model-folder.js'
import {type CalibrationSample, readFeeds} from '../../../src/pipeline/quantize/calibration-file.js'
import {type RecordedFeeds, type RecordFeedsOptions, recordFeeds} from '../../../src/pipeline/quantize/record-feeds.js'
import {assembleModel, atomModel, removeModel} from '../../support/atom-models.js'
import {writeToneSet} from '../../support/evaluate.js'
import {temporaryFolder} from '../transcripts/temporary-folder.js'

interface Run {
  readonly feeds: RecordedFeeds
  readonly folder: string
  /** What one graph was fed, as calibration reads it. */
  samples(graph: string): Promise<CalibrationSample[]>
}

async function record(model: string, options: Partial<RecordFeedsOptions> = {}, recordings = 2): Promise<Run> {
  const root = await temporaryFolder()
  const {utterances} = await openDataset(await writeToneSet(join(root, 'data'), recordings), {audio: 'required'})
  const folder = join(root, 'feeds')
  const feeds = await recordFeeds(await readModelFolder(model), utterances, {folder, threads: 1, ...options})
  return {
    feeds,
    folder,
    async samples(graph) {
      const samples: CalibrationSample[] = []
      for await (const sample of readFeeds(join(folder, `${graph}.safetensors`))) samples.push(sample)
      return samples
    },
  }
}

test('a CTC model is fed the waveform of each recording', async () => {
  const seen: number[] = []
  const {feeds, samples, folder} = await record(atomModel('ctc-atom'), {onProgress: ({done}) => seen.push(done)})
  expect(feeds).toMatchObject({recordings: 2, warnings: [], graphs: [{graph: 'model', samples: 2}]})
  expect(seen).toEqual([1, 2])
  const waveforms = (await samples('model')).map(({feeds: {input_values: waveform}}) => waveform)
  expect(waveforms).toMatchObject([
    {type: 'float32', shape: [1, 48_000]},
    {type: 'float32', shape: [1, 48_000]},
  ])
  expect(await readdir(folder)).toEqual(['model.safetensors'])
})

test('of a merged decoder the first pass and steps that grow are kept', async () => {
  const {feeds, samples} = await record(atomModel('whisper-atom'), {samples: 1, feedsPerRecording: 4})
  expect(feeds.graphs.map(({graph}) => graph).sort()).toEqual(['decoder_model_merged', 'encoder_model'])
  const [encoder] = await samples('encoder_model')
  expect(encoder?.feeds.input_features).toMatchObject({type: 'float32', shape: [1, 80, 3000]})
  const decoder = await samples('decoder_model_merged')
  expect(decoder).toHaveLength(4)
  const branches = decoder.map(({feeds: {use_cache_branch: branch}}) => branch?.data[0])
  expect(branches[0]).toBe(0)
  expect(branches.at(-1)).toBe(1)
  const last = decoder.at(-1)?.feeds
  expect(last?.input_ids).toMatchObject({type: 'int64', shape: [1, 1]})
  expect(last?.['past_key_values.0.decoder.key']?.shape[2]).toBeGreaterThan(0)
})

test('a decoder in two files is recorded as two graphs', async () => {
  const split = {
    'onnx/encoder_model.onnx': 'onnx/encoder_model.onnx',
    'onnx/decoder_model.onnx': 'onnx/decoder_model.onnx',
    'onnx/decoder_with_past_model.onnx': 'onnx/decoder_with_past_model.onnx',
    'onnx/decoder.onnx_data': 'onnx/decoder.onnx_data',
  }
  const model = await assembleModel('whisper-atom', split)
  try {
    const {feeds} = await record(model, {samples: 1})
    const graphs = feeds.graphs.map(({graph, samples}) => [graph, samples > 0])
    expect(graphs.sort()).toEqual([
      ['decoder_model', true],
      ['decoder_with_past_model', true],
      ['encoder_model', true],
    ])
  } finally {
    await removeModel(model)
  }
})

test('bytes are bounded, and every recording has its share', async () => {
  const bytesPerGraph = 3 * 4 * 48_000
  const {feeds, samples} = await record(atomModel('ctc-atom'), {bytesPerGraph}, 6)
  expect(feeds.graphs[0]?.bytes).toBeLessThanOrEqual(bytesPerGraph)
  expect((await samples('model')).map(({sample}) => sample)).toEqual(['0001-0000', '0003-0000', '0005-0000'])
})

test('recordings that cannot be read are told of; without any it fails', async () => {
  const root = await temporaryFolder()
  const dataset = await openDataset(await writeToneSet(join(root, 'data'), 2), {audio: 'required'})
  const broken = dataset.utterances.map((one, index) => (index === 0 ? {...one, audio: join(root, 'none.wav')} : one))
  const model = await readModelFolder(atomModel('ctc-atom'))
  const options = {folder: join(root, 'feeds'), threads: 1}
  await expect(recordFeeds(model, broken, options)).resolves.toMatchObject({
    recordings: 1,
    warnings: [expect.stringContaining('none.wav')],
  })
  await expect(recordFeeds(model, broken.slice(0, 1), options)).rejects.toMatchObject({code: 'INPUT_MISSING'})
})

test('an abort ends the process', async () => {
  const controller = new AbortController()
  const recording = record(atomModel('ctc-atom'), {
    signal: controller.signal,
    onProgress: () => controller.abort(new Error('enough')),
  })
  await expect(recording).rejects.toThrow('enough')
})
