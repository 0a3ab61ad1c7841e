import {mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {openSession} from '../../../src/pipeline/runtime/open-session.js'
import {probeModel} from '../../../src/pipeline/runtime/probe-model.js'
import {sessionError, withoutSourcePaths} from '../../../src/pipeline/runtime/session-error.js'
import {floatsOf, floatTensor} from '../../../src/pipeline/runtime/tensor.js'

const CPU = {provider: 'cpu', threads: 1} as const

let directory: string
let model: string

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'session-'))
  model = join(directory, 'add.onnx')
  writeFileSync(model, probeModel())
})

afterAll(() => {
  rmSync(directory, {recursive: true, force: true})
})

test('a session tells its inputs and outputs and computes', async () => {
  const session = await openSession(model, CPU)
  expect(session.inputs).toEqual(new Map([['x', {type: 'float32', shape: [4]}]]))
  expect(session.outputs).toEqual(new Map([['y', {type: 'float32', shape: [4]}]]))
  const {y} = await session.run({x: floatTensor('float32', Float32Array.of(1, 2, 3, 4), [4])}, ['y'])
  expect(y === undefined ? undefined : [...floatsOf(y)]).toEqual([2, 4, 6, 8])
  await session.close()
})

describe('a file that is no model', () => {
  test.each([
    ['is missing', undefined, 'MODEL_MISSING', 'does not exist'],
    ['is empty', '', 'MODEL_INVALID', 'is empty'],
    ['is truncated', probeModel().subarray(0, 30), 'MODEL_INVALID', 'corrupt or truncated'],
    ['is something else', 'hello, world'.repeat(50), 'MODEL_INVALID', 'corrupt or truncated'],
    ['is a Git LFS pointer', 'version https://git-lfs.github.com/spec/v1\noid sha256:0\n', 'MODEL_INVALID', 'Git LFS'],
  ])('because it %s', async (name, content, code, message) => {
    const path = join(directory, `${name.replaceAll(' ', '-')}.onnx`)
    if (content !== undefined) writeFileSync(path, content)
    await expect(openSession(path, CPU)).rejects.toMatchObject({
      name: 'LinguluError',
      code,
      message: expect.stringContaining(message),
    })
  })

  test('because it is a folder', async () => {
    await expect(openSession(directory, CPU)).rejects.toMatchObject({code: 'MODEL_INVALID'})
  })
})

test.each([
  ['of another shape', floatTensor('float32', new Float32Array(3), [3]), 'x'],
  ['of another name', floatTensor('float32', new Float32Array(4), [4]), 'z'],
])('an input %s is an error that names the file', async (_, tensor, name) => {
  const session = await openSession(model, CPU)
  await expect(session.run({[name]: tensor}, ['y'])).rejects.toMatchObject({
    code: 'MODEL_INVALID',
    message: expect.stringContaining(model),
  })
  await session.close()
})

test('a provider that this system does not have is not replaced by another', async () => {
  const provider = process.platform === 'darwin' ? 'directml' : 'coreml'
  await expect(openSession(model, {...CPU, provider})).rejects.toMatchObject({code: 'PROVIDER_UNAVAILABLE'})
})

describe('what ONNX Runtime says', () => {
  const missing = 'External data path does not exist: "/m/model.onnx_data"'
  test.each([
    ['run', 'cpu', 'BFCArena: Failed to allocate memory for requested buffer of size 99', 'OUT_OF_MEMORY', 'fit'],
    ['open', 'cuda', 'CUDA failure 2: out of memory ; GPU=0', 'OUT_OF_MEMORY', 'fit'],
    ['open', 'cpu', missing, 'MODEL_INVALID', '/m/model.onnx_data'],
    ['open', 'cpu', 'Could not find an implementation for MatMulBnb4(1)', 'MODEL_INVALID', 'no kernel'],
    ['open', 'cpu', 'Unsupported model IR version: 99, max supported IR version: 12', 'MODEL_INVALID', 'newer'],
    ['open', 'cuda', 'ExecutionProvider_Cuda: Failed to load shared library', 'PROVIDER_UNAVAILABLE', 'cuda'],
    ['run', 'cpu', 'something nobody has seen before', 'MODEL_INVALID', 'nobody has seen'],
  ] as const)('on %s on %s: %s', (stage, provider, text, code, part) => {
    const error = sessionError(new Error(text), {path: 'm.onnx', provider, stage})
    expect(error).toMatchObject({code, message: expect.stringContaining(part)})
  })

  test('loses the paths of the machine it was built on', () => {
    const text =
      '/onnxruntime_src/onnxruntime/core/graph/model.cc:187 onnxruntime::Model::Model(onnx::ModelProto&&, const onnxruntime::PathString&) ModelProto does not have a graph.\n'
    expect(withoutSourcePaths(text)).toBe('ModelProto does not have a graph.')
  })
})
