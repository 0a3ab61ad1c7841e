import {mkdtemp, readdir, readFile, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, beforeAll, expect, test} from 'vitest'
import {openWhisperRecognizer} from '../../src/pipeline/models/whisper/recognizer.js'
import {PruneDone} from '../../src/pipeline/prune/prune-tool.js'
import {type PruneEvent, type PruneModelOptions, pruneModel} from '../../src/pipeline/prune-model.js'
import {writeFeeds} from '../../src/pipeline/quantize/calibration-file.js'
import {runTool} from '../../src/pipeline/tools/run-tool.js'
import {atomModel, openOnCpu, readWhisperFolder} from '../support/atom-models.js'
import {noise} from '../support/onnx-models.js'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lingulu-test-'))
})
afterAll(() => rm(folder, {recursive: true, force: true}))

async function prune(options: PruneModelOptions): Promise<PruneEvent[]> {
  const events: PruneEvent[] = []
  for await (const event of pruneModel(options)) events.push(event)
  return events
}

const ENCODER = atomModel('whisper-atom/onnx/encoder_model.onnx')

test('a smaller copy of a model folder can be opened, and tells what is gone', async () => {
  const out = join(folder, 'smaller')
  const pruning = {method: 'structured', amount: 0.5, targets: ['ffn'] as ('ffn' | 'heads')[]}
  const events = await prune({model: atomModel('whisper-atom'), out, pruning})
  const done = events.at(-1)
  if (done?.type !== 'done') throw new Error('no end')
  expect(done.targetBytes).toBeLessThan(done.sourceBytes)
  expect(events.filter(({type}) => type === 'note')).toHaveLength(1)
  expect(await readdir(out)).toEqual(
    expect.arrayContaining(['config.json', 'lingulu.json', 'sparsity.json', 'sparsity.md']),
  )
  const record = JSON.parse(await readFile(join(out, 'lingulu.json'), 'utf8'))
  expect(record).toMatchObject({
    format: 'lingulu-prune',
    options: {amount: 0.5, removed: {'onnx/encoder_model.onnx': [{kind: 'ffn', before: 64, after: 32}]}},
  })
  expect(await readFile(join(out, 'sparsity.md'), 'utf8')).toContain('neurons')
  const recognizer = await openWhisperRecognizer(await readWhisperFolder(out), openOnCpu, {
    provider: 'cpu',
    batchSize: 1,
  })
  await recognizer.close()
})

test('a file in which nothing can be pruned is told of', async () => {
  const pruning = {method: '2:4', nodes: ['v0']}
  const events = await prune({model: atomModel('whisper-atom'), out: join(folder, 'convolutions'), pruning})
  expect(events).toContainEqual({
    type: 'note',
    message: 'onnx/decoder_model_merged.onnx stays as it was: nothing in it can be pruned this way.',
  })
})

test('a lone file is pruned by what its neurons compute of recorded inputs', async () => {
  const feeds = join(folder, 'feeds.safetensors')
  const data = new Float32Array(noise(80 * 3000))
  await writeFeeds(feeds, [{sample: 'a', feeds: {input_features: {type: 'float32', shape: [1, 80, 3000], data}}}])
  const args = (by: string) => [
    ENCODER,
    '--out',
    join(folder, `${by}.onnx`),
    '--method',
    'structured',
    '--amount',
    '0.5',
    '--by',
    by,
  ]
  const done = await runTool('onnx-prune', [...args('activation'), '--feeds', feeds], {done: PruneDone})
  expect(done.report.removed).toMatchObject([
    {kind: 'heads', after: 1},
    {kind: 'ffn', after: 32},
  ])
  await runTool('onnx-prune', args('l1'), {done: PruneDone})
  const [one, other] = await Promise.all(['activation', 'l1'].map(by => readFile(join(folder, `${by}.onnx`))))
  expect(one!.equals(other!)).toBe(false)
})

const problems: [string, (out: string) => Promise<PruneModelOptions>, string, RegExp][] = [
  [
    'an amount out of range',
    async out => ({model: ENCODER, out, pruning: {method: 'l1', amount: 1.5}}),
    'USAGE',
    /--amount is more than 0/,
  ],
  ['no amount', async out => ({model: ENCODER, out, pruning: {method: 'structured'}}), 'USAGE', /needs --amount/],
  [
    'an amount for 2:4',
    async out => ({model: ENCODER, out, pruning: {method: '2:4', amount: 0.5}}),
    'USAGE',
    /no matter of 2:4/,
  ],
  ['an unknown method', async out => ({model: ENCODER, out, pruning: {method: 'magic'}}), 'USAGE', /no method "magic"/],
  [
    'activation without data',
    async out => ({model: ENCODER, out, pruning: {method: 'structured', amount: 0.5, by: 'activation'}}),
    'USAGE',
    /needs --data/,
  ],
  [
    'nothing to prune',
    async out => ({model: ENCODER, out, pruning: {method: '2:4', exclude: ['*']}}),
    'OPTION_UNSUPPORTED',
    /nothing to prune/,
  ],
  [
    'a pattern that no file has',
    async out => ({model: atomModel('whisper-atom'), out, pruning: {method: '2:4', exclude: ['*typo*']}}),
    'OPTION_UNSUPPORTED',
    /no node "\*typo\*"/,
  ],
  [
    'data that nothing is measured with',
    async out => ({model: ENCODER, out, pruning: {method: '2:4'}, data: {dataset: 'manifest.csv'}}),
    'USAGE',
    /--data goes with/,
  ],
  [
    'an existing folder',
    async () => ({model: ENCODER, out: folder, pruning: {method: '2:4'}}),
    'OUTPUT_EXISTS',
    /is there already/,
  ],
  [
    'a file that is cut short',
    async out => {
      const path = join(folder, 'cut.onnx')
      await writeFile(path, (await readFile(ENCODER)).subarray(0, 20_000))
      return {model: path, out, pruning: {method: '2:4'}}
    },
    'MODEL_INVALID',
    /not a whole ONNX model/,
  ],
]

test.each(problems)('%s is refused, and nothing is written', async (title, options, code, message) => {
  const out = join(folder, `out-${title.replaceAll(' ', '-')}`)
  await expect(prune(await options(out))).rejects.toMatchObject({code, message: expect.stringMatching(message)})
  expect((await readdir(folder)).filter(name => name.startsWith('out-') || name.startsWith('.'))).toEqual([])
})
