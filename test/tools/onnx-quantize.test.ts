import {spawnSync} from 'node:child_process'
import {createHash} from 'node:crypto'
import {copyFile, mkdir, readdir, readFile, symlink, truncate, writeFile} from 'node:fs/promises'
import {dirname, join} from 'node:path'
import {Writable} from 'node:stream'
import {fileURLToPath} from 'node:url'
import {execa} from 'execa'
import {Tensor} from 'onnxruntime-node'
import {describe, expect, test} from 'vitest'
import {GraphBuilder} from '../../src/pipeline/onnx/graph-builder.js'
import {memorySource} from '../../src/pipeline/onnx/model.js'
import {TensorProto_DataType as DataType} from '../../src/pipeline/onnx/onnx-ml_pb.js'
import {writeModel} from '../../src/pipeline/onnx/write-model.js'
import {writeFeeds} from '../../src/pipeline/quantize/calibration-file.js'
import {QuantizeDone, quantizeTool} from '../../src/pipeline/quantize/quantize-tool.js'
import {runTool} from '../../src/pipeline/tools/run-tool.js'
import {toolMain} from '../../src/pipeline/tools/tool-main.js'
import {ownIdentity} from '../../src/pipeline/transcripts/process-identity.js'
import {temporaryFolder} from '../pipeline/transcripts/temporary-folder.js'
import {childrenOf, isRunning, until} from '../support/lingulu.js'
import {floats, noise, relativeError, runModel} from '../support/onnx-models.js'

const WIDTH = 64

interface Made {
  readonly opset?: number
  readonly weights?: Float32Array
  readonly externalDataBytes?: number
  readonly layers?: number
}

/** A chain of products, as a file in a folder of its own. */
async function productModel({opset = 17, weights, externalDataBytes, layers = 1}: Made = {}): Promise<string> {
  const path = join(await temporaryFolder(), 'model.onnx')
  const builder = new GraphBuilder('main')
  let x = builder.input('x', DataType.FLOAT, ['n', WIDTH])
  for (let layer = 0; layer < layers; layer++) {
    const source = memorySource(new Uint8Array((weights ?? noise(WIDTH * WIDTH, layer)).buffer))
    const key = `w${layer}`
    const w = builder.weight(key, DataType.FLOAT, [WIDTH, WIDTH], {key, source})
    x = builder.node('MatMul', [x, w], {name: `/layers.${layer}/MatMul`})
  }
  builder.output(x, DataType.FLOAT, ['n', WIDTH], 'y')
  await writeModel(builder.build({opset}), path, {externalDataBytes})
  return path
}

/** The tool in this process: what it prints, and its exit code. */
async function quantize(...argv: string[]) {
  const printed = {stdout: '', stderr: ''}
  const stream = (name: 'stdout' | 'stderr') =>
    new Writable({
      write(chunk, _, done) {
        printed[name] += chunk
        done()
      },
    })
  const exitCode = await toolMain(quantizeTool, argv, {stdout: stream('stdout'), stderr: stream('stderr')})
  const lines = printed.stdout.split('\n').filter(line => line.startsWith('{'))
  return {...printed, exitCode, events: lines.map(line => JSON.parse(line))}
}

const sha256 = async (path: string) =>
  createHash('sha256')
    .update(await readFile(path))
    .digest('hex')

test('as a program: one file in, one out, events between, and the input stays as it was', async () => {
  const input = await productModel({layers: 2})
  const before = await sha256(input)
  const out = join(dirname(input), 'made/out.onnx')
  const events: {type: string; fraction?: number}[] = []
  const args = [input, '--out', out, '--method', 'dynamic-int8', '--exclude', '/layers.1/*']
  const done = await runTool('onnx-quantize', args, {done: QuantizeDone, onEvent: event => events.push(event)})
  expect(done).toMatchObject({
    files: [out],
    nodes: [{name: '/layers.0/MatMul', opType: 'MatMul', method: 'dynamic-int8', step: 0, weight: 'w0'}],
    problems: [],
  })
  expect(done.bytes).toBe((await readFile(out)).byteLength)
  expect(done.sourceBytes).toBe((await readFile(input)).byteLength)
  expect(events[0]).toMatchObject({type: 'start', input, output: out})
  const fractions = events.slice(1).map(({fraction = -1}) => fraction)
  expect(fractions.at(-1)).toBe(1)
  expect(fractions).toEqual([...fractions].sort((a, b) => a - b))
  expect(await readdir(dirname(out))).toEqual(['out.onnx'])
  expect(await sha256(input)).toBe(before)
  const inputs = {x: floats([3, WIDTH])}
  expect(relativeError((await runModel(out, inputs)).y!, (await runModel(input, inputs)).y!)).toBeLessThan(0.05)
})

test('a recipe of several steps from a file; each has what earlier ones left', async () => {
  const input = await productModel({layers: 3})
  const recipe = join(dirname(input), 'recipe.json')
  const steps = [
    {method: 'dynamic-int8', nodes: ['/layers.2/MatMul']},
    {method: 'int4-weights', include: ['*layers.0*'], blockSize: 16},
    {method: 'int8-weights', symmetric: false},
  ]
  await writeFile(recipe, JSON.stringify({steps}))
  const {events, exitCode} = await quantize(input, '--out', join(dirname(input), 'out.onnx'), '--recipe', recipe)
  expect(exitCode).toBe(0)
  const nodes = events.at(-1).nodes.map(({name, step}: {name: string; step: number}) => [name, step])
  expect(nodes).toEqual([
    ['/layers.2/MatMul', 0],
    ['/layers.0/MatMul', 1],
    ['/layers.1/MatMul', 2],
  ])
})

test('static int8 is calibrated with a file of feeds', async () => {
  const input = await productModel()
  const folder = dirname(input)
  const data = new Float32Array(noise(4 * WIDTH, 3))
  const feeds = join(folder, 'feeds.safetensors')
  const samples = ['a', 'b'].map(sample => ({sample, feeds: {x: {type: 'float32', shape: [4, WIDTH], data}}}) as const)
  await writeFeeds(feeds, samples)
  const out = join(folder, 'out.onnx')
  const {events, exitCode, stderr} = await quantize(
    ...[input, '--out', out, '--method', 'static-int8', '--calibration', feeds],
    ...['--calibration-method', 'percentile', '--percentile', '99.9'],
  )
  expect({exitCode, stderr}).toEqual({exitCode: 0, stderr: ''})
  expect(events.at(-1).nodes).toMatchObject([{name: '/layers.0/MatMul', method: 'static-int8'}])
  const inputs = {x: new Tensor('float32', data, [4, WIDTH])}
  const error = relativeError((await runModel(out, inputs)).y!, (await runModel(input, inputs)).y!)
  expect(error).toBeGreaterThan(0)
  expect(error).toBeLessThan(0.03)
})

test('what has no effect is told of and no error where the tool is lenient', async () => {
  const input = await productModel()
  const out = join(dirname(input), 'out.onnx')
  const argv = [input, '--out', out, '--method', 'int8-weights', '--include', '*layers*', '--exclude', 'none*']
  const strict = await quantize(...argv)
  expect(strict).toMatchObject({exitCode: 2, stderr: expect.stringMatching(/no node "none\*"/)})
  const {events, exitCode} = await quantize(...argv, '--lenient')
  expect(exitCode).toBe(0)
  expect(events.at(-1)).toMatchObject({nodes: [{}], problems: [{message: 'The model has no node "none*".'}]})
})

test('--help and --version are plain text', async () => {
  expect(await quantize('--help')).toMatchObject({exitCode: 0, stdout: expect.stringMatching(/^onnx-quantize: makes/)})
  expect(await quantize('--version')).toMatchObject({exitCode: 0, stdout: expect.stringMatching(/lingulu \d/)})
})

const METHOD = ['--method', 'dynamic-int8']

describe('wrong usage', () => {
  test.each<[string, string[], RegExp]>([
    ['no file', ['--out', 'o.onnx', ...METHOD], /takes one ONNX file, not 0/],
    ['two files', ['a.onnx', 'b.onnx', '--out', 'o.onnx', ...METHOD], /not 2/],
    ['no output', ['a.onnx', ...METHOD], /--out: Give the file/],
    ['no method', ['a.onnx', '--out', 'o.onnx'], /--method or --recipe/],
    ['an unknown method', ['a.onnx', '--out', 'o.onnx', '--method', 'int3'], /--method int3 is none of dynamic-int8, /],
    ['an unknown flag', ['a.onnx', '--bits', '3'], /--bits/],
    [
      'a block size that is none',
      ['a.onnx', '--out', 'o.onnx', '-m', 'int4-weights', '--block-size', '24'],
      /--block-size: .*32/,
    ],
    ['a flag of another method', ['a.onnx', '--out', 'o.onnx', '-m', 'float16', '--block-size', '32'], /float16 takes/],
    ['method and recipe', ['a.onnx', '--out', 'o.onnx', ...METHOD, '--recipe', 'r.json'], /--method and --recipe/],
    [
      'bytes that are no number',
      ['a.onnx', '--out', 'o.onnx', ...METHOD, '--external-data-bytes', 'x'],
      /--external-data-bytes/,
    ],
  ])('%s', async (_, argv, message) => {
    const {exitCode, events, stderr} = await quantize(...argv)
    expect(events).toEqual([expect.objectContaining({type: 'error', code: 'USAGE'})])
    expect(stderr).toMatch(message)
    expect(exitCode).toBe(2)
  })

  test.each([
    ['{"steps": [{"method": "float16", "bits": 4}]}', /Unrecognized key: "bits"/],
    ['{"steps": []}', /steps/],
    ['{"steps": [{"method": "float16"}], "model": []}', /Unrecognized key: "model"/],
    ['steps', /is not JSON/],
  ])('the recipe %s', async (content, message) => {
    const recipe = join(await temporaryFolder(), 'recipe.json')
    await writeFile(recipe, content)
    const {exitCode, stderr} = await quantize('a.onnx', '--out', 'o.onnx', '--recipe', recipe)
    expect(stderr).toMatch(message)
    expect(exitCode).toBe(2)
  })
})

describe('bad input leaves nothing, and stays as it was', () => {
  const nan = noise(WIDTH * WIDTH)
  nan[1000] = Number.NaN
  const cut = async (path: string, bytes: number) => {
    await truncate(path, bytes)
    return path
  }
  test.each<[string, () => Promise<string>, string, RegExp]>([
    ['no file', async () => join(await temporaryFolder(), 'none.onnx'), 'INPUT_MISSING', /no such file/],
    ['a folder', () => temporaryFolder(), 'MODEL_INVALID', /EISDIR/],
    ['an empty file', async () => cut(await productModel(), 0), 'MODEL_INVALID', /is empty/],
    ['a file that is cut short', async () => cut(await productModel(), 9000), 'MODEL_INVALID', /more bytes/],
    [
      'a file that is something else',
      async () => {
        const path = await productModel()
        await writeFile(path, 'PK\u0003\u0004 not a model at all')
        return path
      },
      'MODEL_INVALID',
      /is not a whole ONNX model/,
    ],
    [
      'weights that are cut short',
      async () => {
        const path = await productModel({externalDataBytes: 0})
        await truncate(`${path}_data`, 9000)
        return path
      },
      'MODEL_INVALID',
      /which has 9000/,
    ],
    ['an opset that is too old', () => productModel({opset: 9}), 'MODEL_INVALID', /opset/],
    ['weights that are not finite', () => productModel({weights: nan}), 'MODEL_INVALID', /"w0".*NaN/],
  ])('%s', async (_, make, code, message) => {
    const input = await make()
    const folder = await temporaryFolder()
    const files = await readdir(dirname(input)).catch(() => [])
    const before = await sha256(input).catch(() => 'none')
    const {exitCode, events, stderr} = await quantize(input, '--out', join(folder, 'out.onnx'), ...METHOD)
    expect(events.at(-1)).toMatchObject({type: 'error', code, message: expect.stringMatching(message)})
    expect(stderr).toMatch(message)
    expect(exitCode).toBe(code === 'INPUT_MISSING' ? 3 : 5)
    expect(await readdir(folder)).toEqual([])
    expect(await sha256(input).catch(() => 'none')).toBe(before)
    expect(await readdir(dirname(input)).catch(() => [])).toEqual(files)
  })
})

describe('an output that cannot be', () => {
  test.each<[string, (folder: string) => Promise<string>, string]>([
    [
      'an existing file',
      async folder => {
        await writeFile(join(folder, 'out.onnx'), 'precious')
        return join(folder, 'out.onnx')
      },
      'OUTPUT_EXISTS',
    ],
    [
      'a link that leads nowhere',
      async folder => {
        await symlink('nowhere', join(folder, 'out.onnx'))
        return join(folder, 'out.onnx')
      },
      'OUTPUT_EXISTS',
    ],
    ['a folder that takes nothing', async () => '/proc/self/out.onnx', 'OUTPUT_FAILED'],
    [
      'a file where a folder is needed',
      async folder => {
        await writeFile(join(folder, 'file'), '')
        return join(folder, 'file/out.onnx')
      },
      'OUTPUT_FAILED',
    ],
  ])('%s', async (_, make, code) => {
    const input = await productModel()
    const folder = await temporaryFolder()
    const out = await make(folder)
    const files = await readdir(folder)
    const {exitCode, events} = await quantize(input, '--out', out, ...METHOD)
    expect(events.at(-1)).toMatchObject({type: 'error', code})
    expect(exitCode).toBe(code === 'OUTPUT_EXISTS' ? 2 : 3)
    expect(await readdir(folder)).toEqual(files)
  })

  test('weights beside an output that is new are never overwritten', async () => {
    const input = await productModel()
    const folder = await temporaryFolder()
    await writeFile(join(folder, 'out.onnx_data'), 'precious')
    const argv = [input, '--out', join(folder, 'out.onnx'), ...METHOD, '--external-data-bytes', '0']
    expect(await quantize(...argv)).toMatchObject({exitCode: 2})
    expect(await readdir(folder)).toEqual(['out.onnx_data'])
    expect(await readFile(join(folder, 'out.onnx_data'), 'utf8')).toBe('precious')
  })

  test.skipIf(spawnSync('bash', ['-c', 'ulimit -f 1']).status !== 0)('a disk that is full', async () => {
    const input = await productModel({layers: 4})
    const folder = await temporaryFolder()
    // A process may not make files of more than 8 kB: the system refuses the rest as it does on a full disk.
    const script = `trap '' XFSZ; ulimit -f 8; exec "$@"`
    const entry = fileURLToPath(new URL('../../src/tools/onnx-quantize.ts', import.meta.url))
    const argv = [input, '--out', join(folder, 'out.onnx'), '--method', 'float16']
    const node = [process.execPath, '--import', import.meta.resolve('tsx'), entry]
    const {stdout, exitCode} = await execa('bash', ['-c', script, 'bash', ...node, ...argv], {reject: false})
    expect(stdout).toMatch(/"OUTPUT_FAILED".*EFBIG/)
    expect(exitCode).toBe(3)
    expect(await readdir(folder)).toEqual([])
  })
})

describe('interrupted', () => {
  /** The tool under way: it has said `start`, and its draft is there. */
  async function started() {
    const input = await productModel({layers: 200})
    const folder = await temporaryFolder()
    const entry = fileURLToPath(new URL('../../src/tools/onnx-quantize.ts', import.meta.url))
    const argv = ['--import', import.meta.resolve('tsx'), entry, input, '--out', join(folder, 'out.onnx')]
    const child = execa(process.execPath, [...argv, '--method', 'float16'], {reject: false})
    const drafts = async () => (await readdir(folder)).filter(name => name.startsWith('.lingulu-'))
    let seen: string[] = []
    while (seen.length === 0 && child.exitCode === null) seen = await drafts()
    expect(seen).toHaveLength(1)
    return {child, folder}
  }

  test.each(['SIGINT', 'SIGTERM'] as const)('by %s it leaves nothing and ends with 130', async signal => {
    const {child, folder} = await started()
    child.kill(signal)
    const {exitCode, stdout} = await child
    expect(stdout).toMatch(/"INTERRUPTED"/)
    expect(exitCode).toBe(130)
    expect(await readdir(folder)).toEqual([])
  })

  test('killed, what it leaves is removed by the next run', async () => {
    const {child, folder} = await started()
    const {pid = 0} = child
    const loading = childrenOf(pid)
    child.kill('SIGKILL')
    await child
    await until('the process that loads the model is gone', () => loading.every(one => !isRunning(one)), 20)
    const {host, pid: own, started: since} = await ownIdentity()
    const running = `.lingulu-${host}-${own}-${since}-0a1b2c3d.tmp`
    await mkdir(join(folder, running))
    const input = await productModel()
    await copyFile(input, join(folder, running, 'model.onnx'))
    expect(await quantize(input, '--out', join(folder, 'out.onnx'), ...METHOD)).toMatchObject({exitCode: 0})
    expect((await readdir(folder)).sort()).toEqual([running, 'out.onnx'])
  })
})
