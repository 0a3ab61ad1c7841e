import {mkdtempSync, readFileSync} from 'node:fs'
import {mkdir, readdir, readFile, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, describe, expect, test} from 'vitest'
import {
  type BuildEnginesContext,
  type BuildEnginesEvent,
  type BuildEnginesOptions,
  buildEngines,
} from '../../src/pipeline/build-engines.js'
import {TensorProto_DataType as DataType} from '../../src/pipeline/onnx/onnx-ml_pb.js'
import {readModel} from '../../src/pipeline/onnx/read-model.js'
import {writeModel} from '../../src/pipeline/onnx/write-model.js'
import {findTrtexec} from '../../src/pipeline/tensorrt/find-trtexec.js'
import {exportAll, goldenCheckpoint} from '../support/export.js'
import {hasSharedData, needsSharedData, sharedData} from '../support/shared-data.js'
import {buildLog, failedLog, installStandIn} from '../support/stand-in-trtexec.js'
import {CTC, inputsOnly, writeSplitWhisper} from '../support/tensorrt-models.js'

const home = mkdtempSync(join(tmpdir(), 'lingulu-tensorrt-'))
afterAll(async () => await rm(home, {recursive: true, force: true}))

let count = 0
const place = () => join(home, `place-${count++}`)
const GPU = '0, GPU-1234, NVIDIA Imaginary 1, 9.9, 999.1'

async function ctcModel(): Promise<string> {
  const path = join(place(), 'model.onnx')
  await writeModel(inputsOnly(CTC), path)
  return path
}

async function build(options: BuildEnginesOptions, {env, run}: Pick<BuildEnginesContext, 'env' | 'run'>) {
  const events: BuildEnginesEvent[] = []
  for await (const event of buildEngines(options, {env, run})) events.push(event)
  const done = events.find(event => event.type === 'done')
  if (done === undefined) throw new Error('not done')
  return {events, record: done.record}
}

test('a split Whisper becomes three engines with logs and a record', async () => {
  const model = place()
  await writeSplitWhisper(model)
  await writeFile(join(model, 'config.json'), JSON.stringify({max_target_positions: 100}))
  const standIn = await installStandIn(place(), {gpu: GPU})
  const out = place()
  const {events, record} = await build({from: model, out, maxBatch: 2}, standIn)
  const names = ['decoder_model.engine', 'decoder_with_past_model.engine', 'encoder_model.engine']
  expect((await readdir(out)).sort()).toEqual([...names.flatMap(name => [name, `${name}.log`]), 'lingulu.json'])
  expect(await readFile(join(out, 'encoder_model.engine.log'), 'utf8')).toBe(`${buildLog({})}\n`)
  expect(JSON.parse(await readFile(join(out, 'lingulu.json'), 'utf8'))).toEqual(JSON.parse(JSON.stringify(record)))
  expect(record).toMatchObject({
    format: 'lingulu-tensorrt',
    tensorrt: '10.16.1 b11',
    gpu: {name: 'NVIDIA Imaginary 1', computeCapability: '9.9', driver: '999.1'},
  })
  expect(record.engines[1]).toMatchObject({
    path: 'decoder_model.engine',
    source: 'onnx/decoder_model.onnx',
    buildSeconds: 12.5,
    cached: false,
  })
  expect(standIn.builds()[1]).toEqual([
    `--onnx=${join(model, 'onnx/decoder_model.onnx')}`,
    expect.stringMatching(/^--saveEngine=.*decoder_model\.engine$/),
    '--minShapes=input_ids:1x1,encoder_hidden_states:1x1500x384',
    '--optShapes=input_ids:2x4,encoder_hidden_states:2x1500x384',
    '--maxShapes=input_ids:2x100,encoder_hidden_states:2x1500x384',
    '--stronglyTyped',
    '--skipInference',
    expect.stringMatching(/^--timingCacheFile=/),
  ])
  expect(events.map(({type}) => type).filter(type => type !== 'log')).toEqual([
    ...['plan', 'build', 'engine', 'build', 'engine', 'build', 'engine', 'done'],
  ])
  expect(events.filter(({type}) => type === 'log').length).toBe(3 * buildLog({}).split('\n').length)
})

test.each([
  ['whisper-a', 'split', ['decoder_model', 'decoder_with_past_model', 'encoder_model']],
  ['hubert', 'huggingface', ['model']],
] as const)('what `lingulu export` makes of %s in the layout %s is taken', async (name, layout, engines) => {
  const from = place()
  await exportAll({checkpoint: goldenCheckpoint(name), out: from, layout})
  const standIn = await installStandIn(place())
  const {record} = await build({from, out: place()}, standIn)
  expect(record.engines.map(({path}) => path).sort()).toEqual(engines.map(engine => `${engine}.engine`))
})

describe('the cache', () => {
  test('gives an engine that was built before, and forgets it when anything changes', async () => {
    const from = await ctcModel()
    const standIn = await installStandIn(place(), {gpu: GPU})
    const first = await build({from, out: place()}, standIn)
    const out = place()
    const second = await build({from, out}, standIn)
    expect(standIn.builds().length).toBe(1)
    expect(second.record.engines).toEqual([{...first.record.engines[0], cached: true}])
    expect((await readdir(out)).sort()).toEqual(['lingulu.json', 'model.engine', 'model.engine.log'])
    await build({from, out: place(), maxSeconds: 20}, standIn)
    expect(standIn.builds().length).toBe(2)
    await writeModel(inputsOnly(CTC, 'Add'), from, {overwrite: true})
    await build({from, out: place()}, standIn)
    expect(standIn.builds().length).toBe(3)
    await build({from, out: place(), cache: false}, standIn)
    expect(standIn.builds().length).toBe(4)
    const elsewhere = await installStandIn(place(), {gpu: GPU.replace('999.1', '999.2')})
    await build({from, out: place()}, {env: standIn.env, run: elsewhere.run})
    expect(standIn.builds().length).toBe(5)
  })

  test('does not give a damaged engine', async () => {
    const from = await ctcModel()
    const standIn = await installStandIn(place(), {gpu: GPU})
    await build({from, out: place()}, standIn)
    const engines = join(standIn.env.LINGULU_CACHE, 'tensorrt/engines')
    const [key = ''] = await readdir(engines)
    await writeFile(join(engines, key, 'engine'), 'A stand-in for an engine')
    await build({from, out: place()}, standIn)
    expect(standIn.builds().length).toBe(2)
    await build({from, out: place()}, standIn)
    expect(standIn.builds().length).toBe(2)
  })

  test('is not used without a known GPU, nor when another one was taken', async () => {
    const from = await ctcModel()
    const unknown = await installStandIn(place())
    const {events} = await build({from, out: place()}, unknown)
    expect(events).toContainEqual({type: 'note', message: expect.stringContaining('nvidia-smi')})
    await build({from, out: place()}, unknown)
    expect(unknown.builds().length).toBe(2)
    const other = await installStandIn(place(), {gpu: GPU, log: buildLog({gpu: 'NVIDIA Other'})})
    await build({from, out: place()}, other)
    await build({from, out: place()}, other)
    expect(other.builds().length).toBe(2)
  })

  test('of timings goes from one build to the next', async () => {
    const standIn = await installStandIn(place(), {gpu: GPU})
    await build({from: await ctcModel(), out: place()}, standIn)
    await build({from: await ctcModel(), out: place(), maxBatch: 1}, standIn)
    const folder = join(standIn.env.LINGULU_CACHE, 'tensorrt/timing')
    const [name = ''] = await readdir(folder)
    expect(await readFile(join(folder, name), 'utf8')).toBe('timing timing ')
  })
})

describe('half precision', () => {
  test.each([
    ['v8601', ['--fp16'], false],
    ['v101601] [b11', ['--stronglyTyped'], true],
    ['v110000] [b1', [], true],
  ])('by %s', async (version, expected, isConverted) => {
    const from = await ctcModel()
    const standIn = await installStandIn(place(), {version, gpu: GPU})
    const {record} = await build({from, out: place(), precision: 'fp16'}, standIn)
    const [args = []] = standIn.builds()
    expect(args.filter(arg => /fp16|Typed/.test(arg) && !/=/.test(arg))).toEqual(expected)
    expect(args[0] === `--onnx=${from}`).toBe(!isConverted)
    expect(record.engines[0]).toMatchObject({convertedToHalf: isConverted})
    expect(record.engines[0]?.path).toBe(isConverted ? 'model_fp16.engine' : 'model.engine')
    expect((await readModel(from)).proto.graph?.initializer[0]?.dataType).toBe(DataType.FLOAT)
  })
})

describe('failures', () => {
  const memory = failedLog([['E', 'Error Code 1: Cuda Runtime (out of memory)']])
  test.each([
    ['memory', {log: memory, exitCode: 1}, 'OUT_OF_MEMORY', /memory ran out/],
    ['exit code 0 with a bad verdict', {log: memory, exitCode: 0}, 'OUT_OF_MEMORY', /memory ran out/],
    ['a good verdict with exit code 1', {exitCode: 1}, 'WORKER_CRASHED', /exit code 1 and the verdict passed/],
    ['no engine in spite of all', {noEngine: true}, 'WORKER_CRASHED', /exit code 0 and the verdict passed/],
    ['killed', {killedBy: 'SIGKILL', log: 'nothing'}, 'OUT_OF_MEMORY', /was killed/],
  ])('%s: the log stays, the engine does not', async (_, behaviour, code, message) => {
    const standIn = await installStandIn(place(), {gpu: GPU, ...behaviour})
    const folder = place()
    await mkdir(folder)
    const out = join(folder, 'engines')
    const error = await build({from: await ctcModel(), out}, standIn).catch(cause => cause)
    expect(error).toMatchObject({code, message: expect.stringMatching(message)})
    expect(await readdir(folder)).toEqual(['engines.failed.log'])
    expect(error.hint).toContain(join(folder, 'engines.failed.log'))
    expect(await readdir(join(standIn.env.LINGULU_CACHE, 'tensorrt/engines')).catch(() => [])).toEqual([])
    await build({from: await ctcModel(), out}, standIn).catch(() => undefined)
    expect((await readdir(folder)).sort()).toEqual(['engines.failed-2.log', 'engines.failed.log'])
  })

  test('an abort ends the program and leaves nothing', async () => {
    const standIn = await installStandIn(place(), {gpu: GPU, hang: true})
    const folder = place()
    await mkdir(folder)
    const controller = new AbortController()
    const events = buildEngines(
      {from: await ctcModel(), out: join(folder, 'engines')},
      {...standIn, signal: controller.signal},
    )
    const began = performance.now()
    await expect(
      (async () => {
        for await (const event of events)
          if (event.type === 'log' && event.line.startsWith('&&&& PASSED')) controller.abort(new Error('enough'))
      })(),
    ).rejects.toThrow('enough')
    expect(performance.now() - began).toBeLessThan(20_000)
    expect(await readdir(folder)).toEqual([])
  })

  test.each([
    [
      'libraries that are missing',
      {startError: 'trtexec: error while loading shared libraries: libnvinfer.so.10: no'},
      /libnvinfer\.so\.10/,
    ],
    ['another program', {startError: 'usage: trtexec'}, /does not run as trtexec: usage/],
    ['an old version', {version: 'v7103'}, /is TensorRT 7\.1\.3/],
  ])('%s', async (_, behaviour, message) => {
    const standIn = await installStandIn(place(), behaviour)
    const out = place()
    await expect(build({from: await ctcModel(), out}, standIn)).rejects.toMatchObject({
      code: 'PROVIDER_UNAVAILABLE',
      message: expect.stringMatching(message),
    })
  })

  test('what is known to fail is refused before any build', async () => {
    const folder = place()
    await writeModel(inputsOnly(CTC), join(folder, 'onnx/encoder_model.onnx'))
    await writeModel(
      inputsOnly({input_ids: ['b', 't'], use_cache_branch: [1]}),
      join(folder, 'onnx/decoder_model_merged.onnx'),
    )
    const standIn = await installStandIn(place(), {gpu: GPU})
    await expect(build({from: folder, out: place()}, standIn)).rejects.toThrow(/merged decoder/)
    expect(standIn.builds()).toEqual([])
  })

  test('an existing folder', async () => {
    const standIn = await installStandIn(place())
    await expect(build({from: await ctcModel(), out: home}, standIn)).rejects.toMatchObject({code: 'OUTPUT_EXISTS'})
  })
})

describe.skipIf(!hasSharedData)(`real logs, replayed${needsSharedData}`, () => {
  const read = (name: string) => readFileSync(sharedData(`trtexec-logs/${name}`), 'utf8')

  test.each([
    ['v8205', 'trt8.2.5-mobilenetv2-ptq-int8.log', '8.2.5', 24.535],
    ['v101601] [b11', 'trt10.16-build-skipInference-fp16.trimmed.log', '10.16.1 b11', 24.4854],
    ['v101601] [b11', 'trt10.16-build-and-bench-mnist.log', '10.16.1 b11', 8.091_38],
  ])('%s %s', async (version, name, tensorrt, buildSeconds) => {
    const standIn = await installStandIn(place(), {version, log: read(name)})
    const {record} = await build({from: await ctcModel(), out: place()}, standIn)
    expect(record).toMatchObject({tensorrt, engines: [{buildSeconds}]})
    expect(record.gpu.name).toMatch(/^NVIDIA /)
  })

  test.each([
    ['unknown option', 'OPTION_UNSUPPORTED'],
    ['parse failure', 'OPTION_UNSUPPORTED'],
    ['missing file', 'INPUT_MISSING'],
  ])('failed: %s', async (title, code) => {
    const part = read('failed-logs.txt')
      .split(/^### /m)
      .find(text => text.startsWith(title))
    const log = part?.slice(part.indexOf('\n') + 1) ?? ''
    const standIn = await installStandIn(place(), {version: 'v100300', log, exitCode: 1})
    await expect(build({from: await ctcModel(), out: place()}, standIn)).rejects.toMatchObject({code})
  })
})

describe('trtexec is found', () => {
  test('by its path, by the variable, on the path and in the usual places', async () => {
    const {trtexec} = await installStandIn(place())
    const folder = join(trtexec, '..')
    expect(await findTrtexec({path: trtexec, env: {}})).toBe(trtexec)
    expect(await findTrtexec({env: {TRTEXEC: trtexec}})).toBe(trtexec)
    expect(await findTrtexec({env: {PATH: `/nowhere:${folder}`}, folders: []})).toBe(trtexec)
    expect(await findTrtexec({env: {}, folders: ['/nowhere', folder]})).toBe(trtexec)
  })

  test.each([
    ['nothing anywhere', {env: {}, folders: []}, /is not on this machine/],
    ['a variable that leads nowhere', {env: {TRTEXEC: '/nowhere/trtexec'}, folders: []}, /\$TRTEXEC names/],
    ['a folder', {path: home, env: {}}, /is no program/],
  ])('or the error says where it comes from: %s', async (_, search, message) => {
    await expect(findTrtexec(search)).rejects.toMatchObject({
      code: 'PROVIDER_UNAVAILABLE',
      message: expect.stringMatching(message),
      hint: expect.stringMatching(/libnvinfer-bin[\s\S]*nvcr\.io\/nvidia\/tensorrt/),
    })
  })
})
