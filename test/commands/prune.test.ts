import {readdir, readFile} from 'node:fs/promises'
import {join} from 'node:path'
import {captureOutput} from '@oclif/test'
import {expect, test} from 'vitest'
import Prune from '../../src/commands/prune.js'
import {root, suiteFolder} from '../support/lingulu.js'

const ATOM = join(root, 'test/data/models/ctc-atom')
const home = suiteFolder()

/** Runs the command as the shell would, and takes its exit code off the process. */
async function lingulu(...argv: string[]) {
  process.exitCode = undefined
  const {stdout, stderr, error} = await captureOutput(() => Prune.run(argv, {root}))
  const exitCode = process.exitCode ?? 0
  process.exitCode = undefined
  if (error !== undefined) throw error
  return {stdout, stderr, exitCode}
}

test('tells zeros and what became of the pattern, with a note on stderr', async () => {
  const out = join(home, 'sparse')
  const {stdout, stderr, exitCode} = await lingulu(ATOM, '--out', out, '--method', '2:4')
  expect(stdout).toMatch(/sparse: [\d.]+ kB of [\d.]+ kB\n {2}onnx\/model\.onnx .* 0 of \d+ groups against 2:4\n/)
  expect(stderr).toMatch(/^Note: The files keep their size/)
  expect(exitCode).toBe(0)
  expect(await readFile(join(out, 'sparsity.md'), 'utf8')).toMatch(/^# Sparsity of ctc-atom\n/)
})

test('gives the same as JSON', async () => {
  const out = join(home, 'json')
  const flags = ['--method', 'structured', '--amount', '0.5', '--targets', 'ffn']
  const {stdout, stderr, exitCode} = await lingulu(ATOM, '-o', out, ...flags, '--json')
  expect({stderr, exitCode}).toEqual({stderr: '', exitCode: 0})
  const result = JSON.parse(stdout)
  expect(result).toMatchObject({
    folder: out,
    files: [{file: 'onnx/model.onnx', removed: [{kind: 'ffn'}]}],
    record: {format: 'lingulu-prune', options: {method: 'structured', amount: 0.5}},
  })
  const [{parameters, parametersBefore, removed}] = result.files
  expect(parameters).toBeLessThan(parametersBefore)
  expect(removed[0].after).toBe(removed[0].before / 2)
  const report = JSON.parse(await readFile(join(out, 'sparsity.json'), 'utf8'))
  expect(report.files).toEqual(result.files)
})

const to = (name: string) => ['--out', join(home, name)]

test.each<[string, string[], number, RegExp]>([
  ['no output', [ATOM, '--method', '2:4'], 2, /out/],
  ['no method', [ATOM, ...to('x')], 2, /method/],
  ['an unknown method', [ATOM, ...to('x'), '--method', 'l2'], 2, /no method "l2"/],
  ['a pattern that keeps all', [ATOM, ...to('x'), '--method', '4:4'], 2, /no pattern n:m/],
  ['no amount', [ATOM, ...to('x'), '--method', 'l1'], 2, /needs --amount/],
  ['an amount of nothing', [ATOM, ...to('x'), '--method', 'l1', '--amount', '0'], 2, /more than 0/],
  ['more than all', [ATOM, ...to('x'), '--method', 'l1', '--amount', '2'], 2, /at most 1/],
  ['an amount that is no number', [ATOM, ...to('x'), '--method', 'l1', '--amount', 'half'], 2, /not a number/],
  ['unknown targets', [ATOM, ...to('x'), '--method', 'structured', '--amount', '0.5', '--targets', 'legs'], 2, /heads/],
  ['a flag of another method', [ATOM, ...to('x'), '--method', '2:4', '--multiple', '4'], 2, /structured only/],
  ['data without activations', [ATOM, ...to('x'), '--method', '2:4', '--data', 'd.csv'], 2, /--data goes with/],
  ['samples without data', [ATOM, ...to('x'), '--method', '2:4', '--calibration-samples', '3'], 2, /data/],
  ['a name that no node has', [ATOM, ...to('x'), '--method', '2:4', '--nodes', 'none'], 2, /no node "none"/],
  ['an existing folder', [ATOM, '--out', home, '--method', '2:4'], 2, /is there already/],
  ['no such model', [join(home, 'none'), ...to('x'), '--method', '2:4'], 5, /model/],
])('%s', async (_, argv, expected, message) => {
  const {stderr, exitCode} = await lingulu(...argv)
  expect(stderr).toMatch(message)
  expect(exitCode).toBe(expected)
  expect((await readdir(home)).filter(name => name === 'x' || name.startsWith('.'))).toEqual([])
})
