import {existsSync, mkdtempSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'
import {captureOutput} from '@oclif/test'
import {afterEach, beforeEach, expect, test} from 'vitest'
import SetupTrainGpu from '../../src/commands/setup/train-gpu.js'

const root = fileURLToPath(new URL('../..', import.meta.url))
const before = process.env.LINGULU_TFJS
let folder: string

beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), 'setup-')), 'tfjs')
  process.env.LINGULU_TFJS = folder
})

afterEach(() => {
  rmSync(join(folder, '..'), {recursive: true, force: true})
  if (before === undefined) delete process.env.LINGULU_TFJS
  else process.env.LINGULU_TFJS = before
  process.exitCode = 0
})

test('--dry-run says what is downloaded from where, with the commands, and does nothing', async () => {
  const {stdout, error} = await captureOutput(() => SetupTrainGpu.run(['--dry-run'], {root}))
  expect(error).toBeUndefined()
  for (const part of [folder, 'storage.googleapis.com', 'npm install', '@tensorflow/tfjs-node-gpu@4.22.0'])
    expect(stdout).toContain(part)
  expect(existsSync(folder)).toBe(false)
})

test('without a terminal it installs only with --yes', async () => {
  const {stderr} = await captureOutput(() => SetupTrainGpu.run(['--cpu'], {root}))
  expect(stderr).toContain('--yes')
  expect(existsSync(folder)).toBe(false)
})

test('a folder that is no TensorFlow library is refused', async () => {
  const {stderr} = await captureOutput(() => SetupTrainGpu.run(['--libtensorflow', join(folder, '..')], {root}))
  expect(stderr).toContain('has no include/tensorflow/c/c_api.h')
})
