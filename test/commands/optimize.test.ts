import {readdir} from 'node:fs/promises'
import {join} from 'node:path'
import {captureOutput} from '@oclif/test'
import {expect, test} from 'vitest'
import Optimize from '../../src/commands/optimize.js'
import {root, suiteFolder} from '../support/lingulu.js'

const ATOM = join(root, 'test/data/models/ctc-atom')
const home = suiteFolder()

/** Runs the command as the shell would, and takes its exit code off the process. */
async function lingulu(...argv: string[]) {
  process.exitCode = undefined
  const {stdout, stderr, error} = await captureOutput(() => Optimize.run(argv, {root}))
  const exitCode = process.exitCode ?? 0
  process.exitCode = undefined
  if (error !== undefined) throw error
  return {stdout, stderr, exitCode}
}

test('tells nodes, bytes and whether outputs stayed the same', async () => {
  const out = join(home, 'optimized')
  const {stdout, exitCode} = await lingulu(ATOM, '--out', out)
  expect(stdout).toMatch(
    /optimized: [\d.]+ kB of [\d.]+ kB\n {2}onnx\/model\.onnx {2}\d+ of \d+ nodes, [\d.]+ kB of [\d.]+ kB; outputs (?:are the same|differ by)/,
  )
  expect(exitCode).toBe(0)
  expect(await readdir(join(out, 'onnx'))).toEqual(['model.onnx'])
})

test('gives the same as JSON', async () => {
  const out = join(home, 'json')
  const model = join(ATOM, 'onnx/model.onnx')
  const flags = ['--level', 'none', '--no-fold-constants', '--fix-shape', 'input_values=1,16000', '--float16-io']
  const {stdout, stderr, exitCode} = await lingulu(model, '-o', out, ...flags, '--json')
  expect({stderr, exitCode}).toEqual({stderr: '', exitCode: 0})
  expect(JSON.parse(stdout)).toMatchObject({
    folder: out,
    files: [{file: 'model.onnx', comparison: {state: 'compared', runs: 1}}],
    record: {
      format: 'lingulu-optimize',
      options: {level: 'none', foldConstants: false, fixShape: ['input_values=1,16000'], float16Io: true},
    },
  })
})

const to = (name: string) => ['--out', join(home, name)]

test.each<[string, string[], number, RegExp]>([
  ['no output', [ATOM], 2, /out/],
  ['an unknown level', [ATOM, ...to('x'), '--level', 'all'], 2, /basic, extended, none/],
  ['a shape that is none', [ATOM, ...to('x'), '--fix-shape', 'batch_size'], 2, /gives no shape/],
  [
    'a dimension that no file has, with those there are',
    [ATOM, ...to('x'), '--level', 'none', '--fix-shape', 'rows=1'],
    2,
    /no dimension "rows"\.\n.*Inputs are input_values; dimensions/,
  ],
  ['an existing folder', [ATOM, '--out', home], 2, /is there already/],
  ['no such file', [join(home, 'none.onnx'), ...to('x')], 5, /no file .*none\.onnx/],
])('%s', async (_, argv, expected, message) => {
  const {stderr, exitCode} = await lingulu(...argv)
  expect(stderr).toMatch(message)
  expect(exitCode).toBe(expected)
  expect((await readdir(home)).filter(name => name === 'x' || name.startsWith('.'))).toEqual([])
})
