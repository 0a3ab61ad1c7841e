import {mkdtemp, readdir, readFile, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, beforeAll, expect, test} from 'vitest'
import {compareGraphs} from '../../src/pipeline/optimize/compare-graphs.js'
import {type OptimizeEvent, type OptimizeModelOptions, optimizeModel} from '../../src/pipeline/optimize-model.js'
import {atomModel} from '../support/atom-models.js'
import {exportAll, goldenCheckpoint} from '../support/export.js'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lingulu-test-'))
})
afterAll(() => rm(folder, {recursive: true, force: true}))

async function optimize(options: OptimizeModelOptions): Promise<OptimizeEvent[]> {
  const events: OptimizeEvent[] = []
  for await (const event of optimizeModel(options)) events.push(event)
  return events
}

const MODEL = atomModel('ctc-atom')

test('a copy of a model folder has fewer nodes and the same outputs', async () => {
  const out = join(folder, 'optimized')
  const done = (await optimize({model: MODEL, out})).at(-1)
  if (done?.type !== 'done') throw new Error('no end')
  const [file] = done.files
  expect(file!.nodes).toBeLessThan(file!.nodesBefore)
  expect(file).toMatchObject({file: 'onnx/model.onnx', comparison: {state: 'compared', inputs: 'synthetic', runs: 1}})
  if (file!.comparison.state === 'compared') expect(file!.comparison.maxRelativeError).toBeLessThan(1e-5)
  expect(JSON.parse(await readFile(join(out, 'lingulu.json'), 'utf8'))).toMatchObject({
    format: 'lingulu-optimize',
    options: {level: 'basic'},
  })
})

test('two models that are not the same are told apart', async () => {
  const [a, b] = ['whisper-atom.en', 'whisper-atom'].map(name => atomModel(`${name}/onnx/encoder_model.onnx`))
  const comparison = await compareGraphs(a!, b!)
  expect(comparison).toMatchObject({state: 'compared', isSame: false})
  if (comparison.state === 'compared') expect(comparison.maxRelativeError).toBeGreaterThan(1e-3)
  expect(await compareGraphs(a!, a!)).toMatchObject({isSame: true, maxError: 0})
})

test('float16 inputs and outputs are refused where the decode loop is in the graph', async () => {
  const from = join(folder, 'fused')
  await exportAll({checkpoint: goldenCheckpoint('whisper-a'), out: from})
  const refused = optimize({model: from, out: join(folder, 'half'), options: {float16Io: true, level: 'none'}})
  await expect(refused).rejects.toMatchObject({
    code: 'OPTION_UNSUPPORTED',
    message: expect.stringMatching(/decoder_fused\.onnx has the decode loop/),
  })
  expect(await readdir(folder)).not.toContain('half')
})

test.each<[string, Partial<OptimizeModelOptions>, string, RegExp]>([
  ['an existing folder', {out: MODEL}, 'OUTPUT_EXISTS', /is there already/],
  [
    'a dimension that no file has',
    {options: {fixShape: ['rows=2'], level: 'none'}},
    'OPTION_UNSUPPORTED',
    /no dimension "rows"/,
  ],
  ['a shape that is none', {options: {fixShape: ['rows']}}, 'USAGE', /gives no shape/],
  [
    'a shape that does not fit',
    {options: {fixShape: ['input_values=1,2,3'], level: 'none'}},
    'OPTION_UNSUPPORTED',
    /does not fit/,
  ],
  ['a model that is not there', {model: join(atomModel('ctc-atom'), 'none.onnx')}, 'MODEL_MISSING', /none\.onnx/],
])('%s is refused, and nothing is written', async (_, options, code, message) => {
  await expect(optimize({model: MODEL, out: join(folder, 'out'), ...options})).rejects.toMatchObject({
    code,
    message: expect.stringMatching(message),
  })
  expect((await readdir(folder)).filter(name => name === 'out' || name.startsWith('.'))).toEqual([])
})
