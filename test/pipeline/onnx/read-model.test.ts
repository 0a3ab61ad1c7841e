import {readFile, truncate, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {fromBinary} from '@bufbuild/protobuf'
import {expect, test} from 'vitest'
import {LinguluError} from '../../../src/pipeline/errors.js'
import {ModelProtoSchema} from '../../../src/pipeline/onnx/onnx-ml_pb.js'
import {readModel} from '../../../src/pipeline/onnx/read-model.js'
import {bytesOf} from '../../../src/pipeline/onnx/tensor-values.js'
import {modelTensors} from '../../../src/pipeline/onnx/visit.js'
import {watchWeights} from '../../../src/pipeline/onnx/watch-weights.js'
import {writeModel} from '../../../src/pipeline/onnx/write-model.js'
import {root} from '../../support/lingulu.js'
import {temporaryFolder} from '../transcripts/temporary-folder.js'

const ATOM = join(root, 'test/data/models/whisper-atom/onnx')

test.each(['decoder_model_merged.onnx', 'encoder_model.onnx'])(
  '%s: weights stay in the file, also those of branches, and are what a reader of the whole message sees',
  async name => {
    const path = join(ATOM, name)
    const whole = [...modelTensors(fromBinary(ModelProtoSchema, await readFile(path)))]
    const model = await readModel(path)
    const tensors = [...modelTensors(model.proto)]
    expect(tensors.map(({name: own, dims}) => [own, dims])).toEqual(whole.map(({name: own, dims}) => [own, dims]))
    expect(tensors.filter(({rawData}) => rawData.byteLength >= 1024)).toEqual([])
    expect(model.weights.size).toBeGreaterThan(5)
    for (const [index, {rawData}] of whole.entries())
      if (rawData.byteLength > 0) expect(Buffer.compare(await bytesOf(model, tensors[index]!), rawData)).toBe(0)
    const copy = join(await temporaryFolder(), 'copy.onnx')
    await writeModel(model, copy)
    const again = await readModel(copy)
    expect([...modelTensors(again.proto)].map(({name: own}) => own)).toEqual(tensors.map(({name: own}) => own))
  },
)

test('a file that is cut anywhere, or damaged, is a model or an error of ours', async () => {
  const path = join(await temporaryFolder(), 'model.onnx')
  const bytes = await readFile(join(ATOM, 'encoder_model.onnx'))
  let refused = 0
  for (let end = bytes.byteLength - 1; end > 0; end -= 4999) {
    await writeFile(path, bytes)
    await truncate(path, end)
    const error = await readModel(path).catch(error => error)
    if (error instanceof LinguluError) refused++
    else expect(error).toHaveProperty('proto')
  }
  expect(refused).toBeGreaterThan(5)
  for (let place = 3; place < bytes.byteLength; place += 3001) {
    const damaged = Buffer.from(bytes)
    damaged[place] = (damaged[place] ?? 0) ^ 0xff
    await writeFile(path, damaged)
    const read = await readModel(path).catch(error => error)
    expect(read instanceof LinguluError || 'proto' in read).toBe(true)
  }
})

test('whoever works on one weight after another can be stopped, and tells how far it is', async () => {
  const model = await readModel(join(ATOM, 'encoder_model.onnx'))
  const controller = new AbortController()
  const told: number[] = []
  const onRead = (done: number, total: number) => told.push(done / total)
  const watched = watchWeights(model, {signal: controller.signal, onRead})
  // A timer that only runs if the reading lets it.
  setTimeout(() => controller.abort(new Error('enough')), 20)
  const reading = async () => {
    for (;;) for (const {byteLength, read} of watched.weights.values()) await read(0, byteLength)
  }
  await expect(reading()).rejects.toThrow('enough')
  expect(told[0]).toBe(0)
  expect(told.length).toBeGreaterThan(2)
  expect(told).toEqual([...told].sort((a, b) => a - b))
  expect(Math.max(...told)).toBeLessThanOrEqual(1)
})
