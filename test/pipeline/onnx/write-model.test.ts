import {readdir, readFile, stat, truncate, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {create, toBinary} from '@bufbuild/protobuf'
import {InferenceSession, Tensor} from 'onnxruntime-node'
import {describe, expect, test} from 'vitest'
import {GraphBuilder} from '../../../src/pipeline/onnx/graph-builder.js'
import type {Model} from '../../../src/pipeline/onnx/model.js'
import {memorySource} from '../../../src/pipeline/onnx/model.js'
import {
  TensorProto_DataType as DataType,
  GraphProtoSchema,
  ModelProtoSchema,
  NodeProtoSchema,
  OperatorSetIdProtoSchema,
} from '../../../src/pipeline/onnx/onnx-ml_pb.js'
import {readModel} from '../../../src/pipeline/onnx/read-model.js'
import {floatTensor, weightTensor} from '../../../src/pipeline/onnx/tensor.js'
import {bytesOf, floatsOf} from '../../../src/pipeline/onnx/tensor-values.js'
import {writeModel} from '../../../src/pipeline/onnx/write-model.js'
import {temporaryFolder} from '../transcripts/temporary-folder.js'

const WIDTH = 64

/** y = (x W) W + b, where both products share the bytes of W. */
function sharedModel(): Model {
  const builder = new GraphBuilder('shared')
  const values = Float32Array.from({length: WIDTH * WIDTH}, (_, index) => Math.sin(index))
  const source = memorySource(new Uint8Array(values.buffer))
  const first = builder.weight('w1', DataType.FLOAT, [WIDTH, WIDTH], {key: 'w', source})
  const second = builder.weight('w2', DataType.FLOAT, [WIDTH, WIDTH], {key: 'w', source})
  const x = builder.input('x', DataType.FLOAT, ['rows', WIDTH])
  const bias = builder.constant(floatTensor('b', [1], [1]))
  const y = builder.node('Add', [builder.node('MatMul', [builder.node('MatMul', [x, first]), second]), bias])
  builder.output(y, DataType.FLOAT, ['rows', WIDTH], 'y')
  return builder.build({opset: 17})
}

async function run(path: string): Promise<Float32Array> {
  const session = await InferenceSession.create(path)
  const {y} = await session.run({x: new Tensor('float32', new Float32Array(WIDTH).fill(0.5), [1, WIDTH])})
  await session.release()
  return y?.data as Float32Array
}

describe.each([
  ['inside', {}, ['m.onnx']],
  ['beside', {externalDataBytes: 0}, ['m.onnx', 'm.onnx_data']],
])('weights %s the file', (_, options, files) => {
  test('are written, run in ONNX Runtime and come back', async () => {
    const folder = await temporaryFolder()
    const path = join(folder, 'm.onnx')
    const written = await writeModel(sharedModel(), path, options)
    expect((await readdir(folder)).sort()).toEqual(files)
    expect(written.bytes).toBe(
      (await Promise.all(files.map(file => stat(join(folder, file))))).reduce((sum, {size}) => sum + size, 0),
    )
    const again = await readModel(path)
    const [w1, w2] = again.proto.graph?.initializer ?? []
    expect(await floatsOf(again, w1!)).toEqual(
      Float32Array.from({length: WIDTH * WIDTH}, (_, index) => Math.sin(index)),
    )
    expect(await bytesOf(again, w2!)).toEqual(await bytesOf(again, w1!))
    const y = await run(path)
    await writeModel(again, join(folder, 'again.onnx'), options)
    expect(await run(join(folder, 'again.onnx'))).toEqual(y)
    expect(y.some(value => value !== 1)).toBe(true)
  })
})

test('shared weights are stored once beside the file', async () => {
  const folder = await temporaryFolder()
  await writeModel(sharedModel(), join(folder, 'm.onnx'), {externalDataBytes: 0})
  expect((await stat(join(folder, 'm.onnx_data'))).size).toBe(WIDTH * WIDTH * 4)
})

test('what this program does not know is kept', async () => {
  const folder = await temporaryFolder()
  const path = join(folder, 'm.onnx')
  const model = sharedModel()
  const unknown = Buffer.concat([
    toBinary(ModelProtoSchema, create(ModelProtoSchema, {irVersion: 8n})),
    Buffer.from([0xfa, 0x3f, 0x03, 1, 2, 3]),
  ])
  await writeModel(model, path)
  await writeFile(path, Buffer.concat([await readFile(path), unknown]))
  await writeModel(await readModel(path), path, {overwrite: true})
  expect((await readFile(path)).includes(Buffer.from([0xfa, 0x3f, 0x03, 1, 2, 3]))).toBe(true)
})

test('a file that is there is not replaced', async () => {
  const path = join(await temporaryFolder(), 'm.onnx')
  await writeFile(path, 'mine')
  await expect(writeModel(sharedModel(), path)).rejects.toThrow(expect.objectContaining({code: 'OUTPUT_EXISTS'}))
  expect(await readFile(path, 'utf8')).toBe('mine')
})

test('nothing stays of a writing that was stopped', async () => {
  const folder = await temporaryFolder()
  const abort = new AbortController()
  const onProgress = () => abort.abort(new Error('enough'))
  const writing = writeModel(sharedModel(), join(folder, 'm.onnx'), {
    externalDataBytes: 0,
    signal: abort.signal,
    onProgress,
  })
  await expect(writing).rejects.toThrow('enough')
  expect(await readdir(folder)).toEqual([])
})

describe('reading refuses', () => {
  test.each([
    ['an empty file', async (path: string) => writeFile(path, ''), 'it is empty'],
    ['a file cut short', async (path: string) => truncate(path, 9000), 'MODEL_INVALID'],
    ['weights cut short', async (path: string) => truncate(`${path}_data`, 16_000), 'which has 16000'],
    ['text', async (path: string) => writeFile(path, 'hello, this is text\n'.repeat(9)), 'MODEL_INVALID'],
  ])('%s', async (_, damage, expected) => {
    const path = join(await temporaryFolder(), 'm.onnx')
    await writeModel(sharedModel(), path, {externalDataBytes: expected.includes('16000') ? 0 : 1e9})
    await damage(path)
    const error = await readModel(path).catch(error => error)
    expect(`${error.code} ${error.message}`).toContain(expected)
    expect(error.message).toContain(path)
  })

  test('a file that is not there', async () => {
    await expect(readModel('/nowhere/m.onnx')).rejects.toThrow(expect.objectContaining({code: 'INPUT_MISSING'}))
  })

  test('weights outside the folder of the model', async () => {
    const folder = await temporaryFolder()
    const path = join(folder, 'm.onnx')
    const tensor = weightTensor('w', DataType.FLOAT, [1], {key: '../w', source: memorySource(new Uint8Array(4))})
    const graph = create(GraphProtoSchema, {
      initializer: [tensor],
      node: [create(NodeProtoSchema, {opType: 'Identity'})],
    })
    const opsetImport = [create(OperatorSetIdProtoSchema, {version: 17n})]
    await writeFile(path, toBinary(ModelProtoSchema, create(ModelProtoSchema, {graph, opsetImport})))
    await expect(readModel(path)).rejects.toThrow('outside the folder')
  })
})
