import {readFileSync} from 'node:fs'
import {mkdir, readdir, rm, stat, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {describe, expect, onTestFinished, test} from 'vitest'
import {openDataset} from '../../../src/pipeline/datasets/open-dataset.js'
import {readModelFolder} from '../../../src/pipeline/models/read-model-folder.js'
import type {AccuracyEvent} from '../../../src/pipeline/quantize/accuracy-events.js'
import {measureModel} from '../../../src/pipeline/quantize/measure-model.js'
import {
  type MeasureQuantizationOptions,
  measureQuantization,
} from '../../../src/pipeline/quantize/measure-quantization.js'
import {type GroupRecord, QuantizationReport} from '../../../src/pipeline/quantize/quantization-report.js'
import {recordFeeds} from '../../../src/pipeline/quantize/record-feeds.js'
import {writeQuantizationReport} from '../../../src/pipeline/quantize/write-quantization-report.js'
import {assembleModel, atomModel, removeModel} from '../../support/atom-models.js'
import {writeToneSet} from '../../support/evaluate.js'
import {fourBitCandidates, fourBitFolder, fourBitNodes} from '../../support/quantized-folder.js'
import {hasSharedData, needsSharedData, sharedData} from '../../support/shared-data.js'
import {temporaryFolder} from '../transcripts/temporary-folder.js'

interface Made {
  /** Folders that were made and not given up, by name. */
  readonly left: () => Promise<string[]>
  readonly events: readonly AccuracyEvent[]
  readonly measured: Awaited<ReturnType<typeof measureQuantization>>
  readonly root: string
}

/** Four-bit weights for a model, measured on a manifest. */
async function measure(
  source: string,
  manifest: string,
  options: Partial<MeasureQuantizationOptions> = {},
): Promise<Made> {
  const root = await temporaryFolder()
  const {utterances} = await openDataset(manifest, {audio: 'required'})
  const recording = {folder: join(root, 'feeds'), samples: 4, threads: 2}
  const feeds = await recordFeeds(await readModelFolder(source), utterances, recording)
  await mkdir(join(root, 'made'))
  const events: AccuracyEvent[] = []
  const nodes = await fourBitCandidates(source)
  const measured = await measureQuantization({
    source,
    feeds,
    quantize: kept => quantize(source, join(root, 'made'), kept),
    discard: folder => rm(folder, {recursive: true}),
    sensitivity: {
      nodes,
      folder: root,
      quantizeOnly: (graph, only, target) => fourBitNodes(join(source, `onnx/${graph}.onnx`), only, target),
    },
    evaluation: {dataset: manifest, scoring: {normalizer: {name: 'basic'}}},
    threads: 2,
    rounds: 3,
    options: {method: 'int4-weights'},
    onEvent: event => events.push(event),
    ...options,
  })
  return {measured, events, root, left: () => readdir(join(root, 'made'))}
}

const quantize = (source: string, folder: string, kept: readonly GroupRecord[]) =>
  fourBitFolder(
    source,
    join(folder, `kept-${kept.length}`),
    kept.flatMap(({nodes}) => nodes),
  )

/** Each starts a dozen processes. */
const TIMEOUT_MS = 180_000

test('a model that stays right is measured, ranked and reported', {timeout: TIMEOUT_MS}, async () => {
  const manifest = await writeToneSet(join(await temporaryFolder(), 'data'), 6)
  const {measured, events, root} = await measure(atomModel('ctc-atom'), manifest)
  const {report, folder} = measured
  expect(QuantizationReport.parse(JSON.parse(JSON.stringify(report)))).toEqual(report)
  expect(report.source.accuracy).toMatchObject({wer: 0, words: 6, utterances: 6, failed: 0, batchSize: 1})
  expect(report.candidate.accuracy).toMatchObject({utterances: 6})
  expect(report.candidate.precision).toBe('q4')
  expect(report.source.latencies).toMatchObject([{graph: 'model', pass: 'whole graph'}])
  expect(report.source.latencies[0]?.median).toBeGreaterThan(0)
  expect(report.source.latencies[0]?.rounds).toBeGreaterThanOrEqual(3)
  expect(report.source.load?.median).toBeGreaterThan(0)
  expect(report.outputErrors).toMatchObject([{graph: 'model', output: 'logits', samples: 4}])
  expect(report.outputErrors[0]?.rmsRelativeError).toBeGreaterThan(0)
  expect(report.search).toBeNull()
  expect(report.normalizer?.name).toBe('basic')
  expect(report.device).toEqual({provider: 'cpu', threads: 2})
  const errors = report.sensitivity.map(({rmsRelativeError}) => rmsRelativeError ?? -1)
  expect(errors).toEqual([...errors].sort((a, b) => b - a))
  expect(errors.length).toBeGreaterThan(2)
  const counted = (type: AccuracyEvent['type']) => events.filter(event => event.type === type).length
  expect(counted('sensitivity')).toBe(errors.length)
  expect(counted('evaluate')).toBe(12)
  expect(await writeQuantizationReport(report, folder)).toEqual([
    'quantization.assets/sensitivity.svg',
    'quantization.json',
    'quantization.md',
  ])
  // What was tried for the ranking is gone.
  expect((await readdir(root)).sort()).toEqual(['feeds', 'made'])
})

test('what was not measured is absent, and said to be so; weights that graphs share count once', async () => {
  const files = ['encoder_model.onnx', 'decoder_model.onnx', 'decoder_with_past_model.onnx', 'decoder.onnx_data']
  const model = await assembleModel(
    'whisper-atom',
    Object.fromEntries(files.map(name => [`onnx/${name}`, `onnx/${name}`])),
  )
  onTestFinished(() => removeModel(model))
  const {measurement, evaluation} = await measureModel(model, {threads: 1})
  expect(evaluation).toBeUndefined()
  expect(measurement).not.toHaveProperty('accuracy')
  expect(measurement).not.toHaveProperty('speed')
  expect(measurement.latencies).toEqual([])
  expect(measurement.unmeasured.map(({figure}) => figure)).toEqual([
    'latency of decoder_model',
    'latency of decoder_with_past_model',
    'latency of encoder_model',
    'WER and CER',
    'RTFx',
  ])
  const sizes = await Promise.all(files.map(async name => (await stat(join(model, 'onnx', name))).size))
  expect(measurement.bytes).toBe(sizes.reduce((sum, size) => sum + size, 0))
})

test('a budget without data is a mistake', async () => {
  const options = {source: '', quantize: async () => '', options: {}, maxWerIncreasePoints: 0.2}
  await expect(measureQuantization(options)).rejects.toThrow(RangeError)
})

describe.skipIf(!hasSharedData)(`wav2vec2-nano, which four bits break${needsSharedData}`, () => {
  const source = sharedData('models/wav2vec2-nano')

  /** Recordings with what transformers' float model says of them: the source makes no error, whatever was really said. */
  async function nanoSet(): Promise<string> {
    const lines = readFileSync('test/data/ctc-reference/wav2vec2-nano.jsonl', 'utf8').trim().split('\n')
    const recordings = lines.map(line => JSON.parse(line)).filter(({audio}) => String(audio).startsWith('librispeech/'))
    const rows = recordings.slice(0, 6).map(({id, audio, text}) => `${id},${sharedData(audio)},${text}`)
    const path = join(await temporaryFolder(), 'manifest.csv')
    await writeFile(path, `id,audio,text\n${rows.join('\n')}\n`)
    return path
  }

  test('the most sensitive layers stay in float until the budget holds', {timeout: TIMEOUT_MS}, async () => {
    const {measured, left} = await measure(source, await nanoSet(), {maxWerIncreasePoints: 20})
    const {report, folder} = measured
    const {search, sensitivity} = report
    expect(report.source.accuracy?.wer).toBe(0)
    expect(search?.candidates[0]).toMatchObject({kept: 0, holds: false})
    expect(search?.kept.length).toBeGreaterThan(0)
    expect(search?.kept.length).toBeLessThan(search?.groups ?? 0)
    expect(search?.kept.map(({name}) => name)).toEqual(sensitivity.slice(0, search?.kept.length).map(({name}) => name))
    expect(report.candidate.accuracy?.wer).toBeLessThanOrEqual(0.2)
    expect(report.candidate.bytes).toBeLessThan(report.source.bytes)
    expect(await left()).toEqual([folder.split('/').at(-1)])
  })
})
