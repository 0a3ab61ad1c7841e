import {mkdtemp, readdir, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join, resolve} from 'node:path'
import {captureOutput} from '@oclif/test'
import {afterAll, beforeAll, expect, test} from 'vitest'
import Export from '../../src/commands/export.js'
import {goldenCheckpoint} from '../support/export.js'

let home: string
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'lingulu-export-'))
})
afterAll(async () => await rm(home, {recursive: true, force: true}))

/** Runs the command as the shell would, and takes its exit code off the process. */
async function lingulu(...argv: string[]) {
  process.exitCode = undefined
  const {stdout, stderr, error} = await captureOutput(() => Export.run(argv, {root: resolve('.')}))
  const exitCode = process.exitCode ?? 0
  process.exitCode = undefined
  if (error !== undefined) throw error
  return {stdout, stderr, exitCode}
}

test('says what it has written, and notes on stderr', async () => {
  const out = join(home, 'whisper')
  const {stdout, stderr, exitCode} = await lingulu(goldenCheckpoint('whisper-a'), '--out', out)
  expect(stdout).toMatch(
    /whisper: WhisperForConditionalGeneration, .* kB\n {2}onnx\/encoder_fused\.onnx {2}[\d.]+ kB\n/,
  )
  expect(stderr).toMatch(/Note: .* has no tokenizer\.json/)
  expect(exitCode).toBe(0)
  expect(await readdir(join(out, 'onnx'))).toEqual(['decoder_fused.onnx', 'encoder_fused.onnx'])
})

test('gives the provenance as JSON', async () => {
  const out = join(home, 'hubert')
  const flags = ['--opset', '21', '--layout', 'huggingface', '--precision', 'fp16']
  const {stdout, stderr} = await lingulu(goldenCheckpoint('hubert'), '-o', out, ...flags, '--json')
  expect(JSON.parse(stdout)).toMatchObject({
    folder: out,
    provenance: {
      options: {layout: 'huggingface', precision: 'fp16', opset: 21},
      files: expect.arrayContaining([expect.objectContaining({path: 'onnx/model_fp16.onnx'})]),
    },
  })
  expect(stderr).toBe('')
})

test.each([
  ['an existing folder', () => [goldenCheckpoint('hubert'), '--out', home], 2, /is there already/],
  ['no folder', () => [goldenCheckpoint('hubert')], 2, /out/],
  ['an unknown precision', () => [goldenCheckpoint('hubert'), '-o', join(home, 'x'), '--precision', 'int3'], 2, /fp32/],
  [
    'a layout that the model does not have',
    () => [goldenCheckpoint('hubert'), '-o', join(home, 'x'), '--layout', 'split'],
    2,
    /no layout split/,
  ],
  ['a folder without a checkpoint', () => [home, '--out', join(home, 'x')], 5, /has no model\.safetensors/],
  ['no checkpoint at all', () => [join(home, 'none'), '--out', join(home, 'x')], 5, /There is no checkpoint/],
])('%s has its exit code', async (_, argv, expected, message) => {
  const {stderr, exitCode} = await lingulu(...argv())
  expect(stderr).toMatch(message)
  expect(exitCode).toBe(expected)
})
