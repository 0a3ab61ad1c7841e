import {mkdtemp, readdir, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join, resolve} from 'node:path'
import {captureOutput} from '@oclif/test'
import {afterAll, beforeAll, expect, test, vi} from 'vitest'
import Export from '../../src/commands/export.js'
import {writeModel} from '../../src/pipeline/onnx/write-model.js'
import {installStandIn} from '../support/stand-in-trtexec.js'
import {inputsOnly} from '../support/tensorrt-models.js'

let home: string
let model: string
let builds: () => string[][]
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'lingulu-export-'))
  model = join(home, 'model.onnx')
  await writeModel(inputsOnly({input_ids: ['batch', 'tokens'], attention_mask: ['batch', 'tokens']}), model)
  const standIn = await installStandIn(join(home, 'bin'))
  builds = standIn.builds
  vi.stubEnv('TRTEXEC', standIn.trtexec)
  vi.stubEnv('LINGULU_CACHE', join(home, 'cache'))
})
afterAll(async () => {
  vi.unstubAllEnvs()
  await rm(home, {recursive: true, force: true})
})

/** Runs the command as the shell would, and takes its exit code off the process. */
async function lingulu(...argv: string[]) {
  process.exitCode = undefined
  const {stdout, stderr, error} = await captureOutput(() => Export.run(argv, {root: resolve('.')}))
  const exitCode = process.exitCode ?? 0
  process.exitCode = undefined
  if (error !== undefined) throw error
  return {stdout, stderr, exitCode}
}

test('builds an engine and says how', async () => {
  const out = join(home, 'engines')
  const flags = ['--max-batch', '2', '--shape', 'attention_mask=1x1:2x5:2x9', '--workspace', '512', '--no-tf32']
  const {stdout, stderr, exitCode} = await lingulu(model, '--to', 'tensorrt', '--out', out, ...flags)
  expect(stderr).toMatch(/TensorRT 10\.16\.1 b11[\s\S]*Building model\.engine/)
  expect(stdout).toMatch(/engines: TensorRT 10\.16\.1 b11 for .*, 24 B\n {2}model\.engine {2}24 B, built in 12\.5 s\n/)
  expect(exitCode).toBe(0)
  expect((await readdir(out)).sort()).toEqual(['lingulu.json', 'model.engine', 'model.engine.log'])
  expect(builds()[0]?.slice(2, 8)).toEqual([
    '--minShapes=input_ids:1x1,attention_mask:1x1',
    '--optShapes=input_ids:2x4,attention_mask:2x5',
    '--maxShapes=input_ids:2x448,attention_mask:2x9',
    '--stronglyTyped',
    '--noTF32',
    '--memPoolSize=workspace:512',
  ])
})

test('gives the record as JSON', async () => {
  const shape = ['--shape', 'attention_mask=1x4', '--precision', 'fp16']
  const {stdout} = await lingulu(model, '--to', 'tensorrt', '-o', join(home, 'half'), ...shape, '--json')
  expect(JSON.parse(stdout)).toMatchObject({
    provenance: {format: 'lingulu-tensorrt', engines: [{path: 'model_fp16.engine', convertedToHalf: true}]},
  })
})

test.each([
  ['a flag of the other target', ['--to', 'tensorrt', '--layout', 'split'], 2, /--layout has no effect/],
  ['a flag of TensorRT without it', ['--workspace', '5'], 2, /--workspace has no effect with --to onnx/],
  ['a shape that is none', ['--to', 'tensorrt', '--shape', 'x=1:2'], 2, /INPUT=MIN:OPT:MAX/],
  ['no trtexec', ['--to', 'tensorrt', '--trtexec', '/nowhere/trtexec'], 5, /is no program/],
  ['a model without a known use', ['--to', 'tensorrt'], 2, /--shape attention_mask=/],
])('%s has its exit code', async (_, flags, expected, message) => {
  const {stderr, exitCode} = await lingulu(model, '--out', join(home, 'x'), ...flags)
  expect(stderr.replaceAll(/\s+›\s+|\s+/g, ' ')).toMatch(message)
  expect(exitCode).toBe(expected)
})
