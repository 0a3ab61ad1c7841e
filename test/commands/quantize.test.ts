import {readFileSync} from 'node:fs'
import {mkdir, readdir, readFile, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {captureOutput} from '@oclif/test'
import {beforeAll, describe, expect, test} from 'vitest'
import Quantize from '../../src/commands/quantize.js'
import {childrenOf, hasProc, needsProc, root, startLingulu, suiteFolder, until} from '../support/lingulu.js'
import {hasSharedData, needsSharedData, sharedData} from '../support/shared-data.js'

const ATOM = join(root, 'test/data/models/ctc-atom')
const home = suiteFolder()

/** Runs the command as the shell would, and takes its exit code off the process. */
async function lingulu(...argv: string[]) {
  process.exitCode = undefined
  const {stdout, stderr, error} = await captureOutput(() => Quantize.run(argv, {root}))
  const exitCode = process.exitCode ?? 0
  process.exitCode = undefined
  if (error !== undefined) throw error
  return {stdout, stderr, exitCode}
}

test('says what is done, on stderr, and what has become of the files', async () => {
  const out = join(home, 'said')
  const {stdout, stderr, exitCode} = await lingulu(ATOM, '--out', out, '--method', 'cpu', '--device', 'cuda')
  expect(stderr).toMatch(/^onnx\/model\.onnx → onnx\/model_int8\.onnx: dynamic-int8\nNote: .*no kernels .* on cuda/)
  expect(stdout).toMatch(
    /said: [\d.]+ kB of [\d.]+ kB\n {2}onnx\/model_int8\.onnx {2}[\d.]+ kB of [\d.]+ kB, \d+ nodes\n/,
  )
  expect(exitCode).toBe(0)
  expect(await readdir(join(out, 'onnx'))).toEqual(['model_int8.onnx'])
})

test('gives the same as JSON', async () => {
  const out = join(home, 'json')
  const {stdout, stderr} = await lingulu(ATOM, '-o', out, '--method', 'float16', '--json')
  expect(stderr).toBe('')
  expect(JSON.parse(stdout)).toMatchObject({
    folder: out,
    files: [{source: 'onnx/model.onnx', target: 'onnx/model_fp16.onnx'}],
    record: {format: 'lingulu-quantize', options: {recipe: {steps: [{method: 'float16'}]}}},
    report: null,
  })
})

test('takes a recipe, and patterns for all of its steps', async () => {
  const out = join(home, 'recipe')
  const recipe = join(home, 'recipe.json')
  await writeFile(recipe, JSON.stringify({model: [{method: 'int4-weights', blockSize: 16}, {method: 'float16'}]}))
  const argv = [ATOM, '-o', out, '--recipe', recipe, '--exclude', 'v4', '-q']
  const {exitCode, stderr} = await lingulu(...argv)
  expect({exitCode, stderr}).toEqual({exitCode: 0, stderr: ''})
  const {options} = JSON.parse(await readFile(join(out, 'lingulu.json'), 'utf8'))
  expect(options.recipe.model[0]).toEqual({method: 'int4-weights', blockSize: 16, exclude: ['v4']})
})

describe('exit codes', () => {
  const broken = join(home, 'broken')
  const recipe = join(home, 'bad.json')
  beforeAll(async () => {
    await mkdir(join(broken, 'onnx'), {recursive: true})
    await writeFile(join(broken, 'onnx/model.onnx'), 'no model')
    await writeFile(recipe, '{"steps": [{"method": "float16", "bits": 4}]}')
  })
  const to = (name: string) => ['--out', join(home, name)]

  test.each<[string, string[], number, RegExp]>([
    ['no output', [ATOM, '--method', 'cpu'], 2, /out/],
    ['no method', [ATOM, ...to('x')], 2, /--method or --recipe/],
    ['an unknown method', [ATOM, ...to('x'), '--method', 'int3'], 2, /int3/],
    ['method and recipe', [ATOM, ...to('x'), '--method', 'cpu', '--recipe', recipe], 2, /method/],
    ['a bad recipe', [ATOM, ...to('x'), '--recipe', recipe], 2, /Unrecognized key: "bits"/],
    ['a flag of another method', [ATOM, ...to('x'), '--method', 'float16', '--block-size', '32'], 2, /float16 takes/],
    ['a flag of a step with a preset', [ATOM, ...to('x'), '--method', 'cpu', '--per-channel'], 2, /preset cpu/],
    ['a limit without data', [ATOM, ...to('x'), '--method', 'cpu', '--max-wer-increase', '1'], 2, /data/],
    [
      'a limit that is not measured',
      [ATOM, ...to('x'), '--method', 'cpu', '--data', 'd.csv', '--max-wer-increase', '1', '--no-measure'],
      2,
      /--no-measure/,
    ],
    ['calibration without data', [ATOM, ...to('x'), '--method', 'tensorrt'], 2, /--data/],
    ['an existing folder', [ATOM, '--out', home, '--method', 'cpu'], 2, /is there already/],
    ['no such model', [join(home, 'none'), ...to('x'), '--method', 'cpu'], 5, /model/],
    ['a model that was not pulled', ['whisper-medium', ...to('x'), '--method', 'cpu'], 5, /models pull whisper-medium/],
    ['a file that is no model', [broken, ...to('x'), '--method', 'cpu'], 5, /not a whole ONNX model/],
    ['an output that cannot be', [ATOM, '--out', '/proc/self/x', '--method', 'cpu'], 3, /cannot be written/],
  ])('%s', async (_, argv, expected, message) => {
    const {stderr, exitCode} = await lingulu(...argv)
    expect(stderr).toMatch(message)
    expect(exitCode).toBe(expected)
    expect(await readdir(home)).not.toContain('x')
  })
})

describe.skipIf(!hasProc)(`the tool in its own process${needsProc}`, () => {
  /** The processes of `onnx-quantize` below a process. */
  const toolsOf = (pid: number): number[] =>
    childrenOf(pid).filter(child => {
      try {
        return readFileSync(`/proc/${child}/cmdline`, 'utf8').includes('onnx-quantize')
      } catch {
        return false
      }
    })

  test.each<[string, number, RegExp, (pid: number) => boolean]>([
    ['the tool is killed', 3, /killed by SIGKILL/, (pid: number) => process.kill(toolsOf(pid)[0] ?? 0, 'SIGKILL')],
    ['the command is interrupted', 130, /Nothing was written/, (pid: number) => process.kill(pid, 'SIGINT')],
  ])(
    '%s: nothing is left',
    async (_, expected, message, kill) => {
      const folder = join(home, String(expected))
      await mkdir(folder)
      const {pid, ended} = startLingulu(['quantize', ATOM, '--out', join(folder, 'made'), '--method', 'smallest'])
      await until('the tool runs', () => toolsOf(pid).length > 0, 120)
      kill(pid)
      const {stderr, exitCode} = await ended()
      expect(stderr).toMatch(message)
      expect(exitCode).toBe(expected)
      expect(await readdir(folder)).toEqual([])
    },
    180_000,
  )
})

describe.skipIf(!hasSharedData)(`measured${needsSharedData}`, () => {
  test('calibrated, ranked and within a limit, with a report in the folder', async () => {
    const out = join(home, 'measured')
    const {stdout, stderr, exitCode} = await lingulu(
      ...[sharedData('models/wav2vec2-nano'), '--out', out, '--method', 'static-int8', '--op-types', 'Conv'],
      ...['--data', join(root, 'datasets/samples'), '--subset', '1', '--calibration-samples', '1'],
      ...['--max-wer-increase', '100', '--threads', '1'],
    )
    expect(stderr).toMatch(/0 of \d+ groups in float: WER/)
    expect(stdout).toMatch(/WER [\d.]+ % → [\d.]+ %/)
    expect(exitCode).toBe(0)
    const files = (await readdir(out)).filter(name => name.startsWith('quantization'))
    expect(files.sort()).toEqual(['quantization.assets', 'quantization.json', 'quantization.md'])
    const report = JSON.parse(await readFile(join(out, 'quantization.json'), 'utf8'))
    expect(report).toMatchObject({search: {kept: []}, calibration: {recordings: 1}})
    expect(report.sensitivity.length).toBeGreaterThan(1)
    const record = JSON.parse(await readFile(join(out, 'lingulu.json'), 'utf8'))
    const paths = record.files.map(({path}: {path: string}) => path)
    expect(paths).toEqual(expect.arrayContaining(['onnx/model_int8.onnx', 'quantization.md', 'quantization.json']))
    expect((await readdir(home)).filter(name => name.startsWith('.lingulu'))).toEqual([])
  }, 300_000)
})
