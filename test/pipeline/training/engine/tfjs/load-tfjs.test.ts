import {mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {dirname, join} from 'node:path'
import {afterEach, beforeEach, expect, test} from 'vitest'
import {findTfjs, tfjsFolder} from '../../../../../src/pipeline/training/engine/tfjs/find-tfjs.js'
import {loadTfjs} from '../../../../../src/pipeline/training/engine/tfjs/load-tfjs.js'

let folder: string
const before = process.env.LINGULU_TFJS

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tfjs-'))
  process.env.LINGULU_TFJS = folder
})

afterEach(() => {
  rmSync(folder, {recursive: true, force: true})
  if (before === undefined) delete process.env.LINGULU_TFJS
  else process.env.LINGULU_TFJS = before
})

/** A package with the face of TensorFlow.js. */
function standIn(name: string, code: string): void {
  const main = join(folder, 'node_modules', ...name.split('/'), 'index.js')
  mkdirSync(dirname(main), {recursive: true})
  writeFileSync(main, code)
}

test.each([
  [{LINGULU_TFJS: '/elsewhere'}, '/elsewhere'],
  [{LINGULU_CACHE: '/cache'}, join('/cache', 'tfjs')],
])('%j keeps TensorFlow.js in %s', (env, wanted) => expect(tfjsFolder(env)).toBe(wanted))

test('a package that is nowhere is not found, and the error names the command that brings it', async () => {
  expect(findTfjs('tfjs-node-gpu')).toBeUndefined()
  await expect(loadTfjs('tfjs-node-gpu')).rejects.toMatchObject({
    code: 'PROVIDER_UNAVAILABLE',
    message: 'tfjs-node-gpu: @tensorflow/tfjs-node-gpu is not installed.',
    hint: 'lingulu setup train-gpu',
  })
})

test('a package without its native part says so', async () => {
  standIn('@tensorflow/tfjs-node-gpu', 'throw new Error("The addon can not be found.\\nPlease run something")')
  await expect(loadTfjs('tfjs-node-gpu')).rejects.toMatchObject({
    code: 'PROVIDER_UNAVAILABLE',
    message: 'tfjs-node-gpu: The addon can not be found.',
  })
})

test.each([
  [true, undefined],
  [false, 'TensorFlow is loaded but lists no GPU'],
])('TensorFlow for GPUs that uses one: %s', async (usesGpu, complaint) => {
  standIn(
    '@tensorflow/tfjs-node-gpu',
    `module.exports = {enableProdMode() {}, setBackend: async () => true, backend: () => ({isUsingGpuDevice: ${usesGpu}})}`,
  )
  const loaded = loadTfjs('tfjs-node-gpu', {threads: 1})
  if (complaint === undefined) await expect(loaded).resolves.toMatchObject({backend: 'tensorflow'})
  else await expect(loaded).rejects.toThrow(complaint)
})

test('Node 23 and newer get back what tfjs-node still calls', async () => {
  standIn(
    '@tensorflow/tfjs-node-gpu',
    `const {isNullOrUndefined} = require('node:util')
    module.exports = {enableProdMode() {}, setBackend: async () => isNullOrUndefined(null) && !isNullOrUndefined(0), backend: () => ({isUsingGpuDevice: true})}`,
  )
  await expect(loadTfjs('tfjs-node-gpu')).resolves.toBeDefined()
})

test('WebAssembly leaves the listeners of the process as they were', async () => {
  const count = () => [process.listenerCount('uncaughtException'), process.listenerCount('unhandledRejection')]
  const listeners = count()
  await loadTfjs('tfjs-wasm')
  expect(count()).toEqual(listeners)
})
