import {join} from 'node:path'
import {expect, test} from 'vitest'
import {writeSafetensors} from '../../../src/pipeline/export/safetensors-write.js'
import {GraphBuilder} from '../../../src/pipeline/onnx/graph-builder.js'
import {memorySource} from '../../../src/pipeline/onnx/model.js'
import {TensorProto_DataType as DataType} from '../../../src/pipeline/onnx/onnx-ml_pb.js'
import {floatTensor} from '../../../src/pipeline/onnx/tensor.js'
import {writeModel} from '../../../src/pipeline/onnx/write-model.js'
import {compareOutputs, openComparer} from '../../../src/pipeline/quantize/compare-outputs.js'
import {temporaryFolder} from '../transcripts/temporary-folder.js'

/** x × w, [n, 2] → [n, 2], and what is fed to it. */
async function productOf(path: string, weights: readonly number[], output = 'logits', type = DataType.FLOAT) {
  const builder = new GraphBuilder('main')
  const x = builder.input('x', type, ['n', 2])
  const cast = type === DataType.FLOAT ? x : builder.node('Cast', [x], {attributes: {to: DataType.FLOAT}})
  const w = builder.constant(floatTensor('w', Float32Array.from(weights), [2, 2]))
  builder.output(builder.node('MatMul', [cast, w]), DataType.FLOAT, ['n', 2], output)
  await writeModel(builder.build({opset: 17}), path)
  return path
}

async function writeFeeds(path: string, samples: readonly (readonly number[])[]) {
  const tensors = samples.map((values, index) => ({
    name: `${index}/x`,
    type: 'F32' as const,
    shape: [values.length / 2, 2],
    source: memorySource(new Uint8Array(Float32Array.from(values).buffer)),
  }))
  await writeSafetensors(path, tensors)
  return path
}

test('errors of an output are those of all samples together', async () => {
  const folder = await temporaryFolder()
  const reference = await productOf(join(folder, 'a.onnx'), [1, 0, 0, 1])
  const candidate = await productOf(join(folder, 'b.onnx'), [1, 0, 0, 3])
  // Outputs: [3, 1] and [3, 3]; [1, 2], [2, 1] and [1, 6], [2, 3].
  const feeds = await writeFeeds(join(folder, 'feeds.safetensors'), [
    [3, 1],
    [1, 2, 2, 1],
  ])
  const errors = await compareOutputs(reference, candidate, {feeds, threads: 1})
  expect(errors).toEqual([
    {
      output: 'logits',
      samples: 2,
      values: 6,
      notFinite: 0,
      maxAbsoluteError: 4,
      rmsRelativeError: expect.closeTo(Math.sqrt((4 + 16 + 4) / (9 + 1 + 1 + 4 + 4 + 1)), 6),
      // [3, 3] still has its first largest value first; [2, 3] has not.
      argMaxAgreement: 2 / 3,
    },
  ])
})

test('one reference serves several candidates, halves are made of floats, other outputs have no arg max', async () => {
  const folder = await temporaryFolder()
  const reference = await productOf(join(folder, 'a.onnx'), [1, 0, 0, 1], 'states')
  const half = await productOf(join(folder, 'half.onnx'), [1, 0, 0, 1], 'states', DataType.FLOAT16)
  const feeds = await writeFeeds(join(folder, 'feeds.safetensors'), [
    [1, 2],
    [3, 4],
    [5, 6],
  ])
  await using comparer = await openComparer(reference, {feeds, samples: 2, threads: 1})
  const exact = {output: 'states', samples: 2, maxAbsoluteError: 0, argMaxAgreement: null}
  expect(await comparer.compare(reference)).toMatchObject([exact])
  expect(await comparer.compare(half)).toMatchObject([exact])
})

test.each([
  [
    'another shape',
    async (folder: string) => {
      const builder = new GraphBuilder('main')
      const x = builder.input('x', DataType.FLOAT, ['n', 2])
      const axes = builder.constant(floatTensor('w', Float32Array.of(1, 1), [2, 1]))
      builder.output(builder.node('MatMul', [x, axes]), DataType.FLOAT, ['n', 1], 'logits')
      await writeModel(builder.build({opset: 17}), join(folder, 'b.onnx'))
    },
    'another shape',
  ],
  [
    'an input that was never recorded',
    async (folder: string) => {
      const builder = new GraphBuilder('main')
      const y = builder.input('y', DataType.FLOAT, ['n', 2])
      builder.output(builder.node('Neg', [y]), DataType.FLOAT, ['n', 2], 'logits')
      await writeModel(builder.build({opset: 17}), join(folder, 'b.onnx'))
    },
    'wants y',
  ],
])('%s is an error that names it', async (_, write, message) => {
  const folder = await temporaryFolder()
  const reference = await productOf(join(folder, 'a.onnx'), [1, 0, 0, 1])
  await write(folder)
  const feeds = await writeFeeds(join(folder, 'feeds.safetensors'), [[1, 2]])
  await expect(compareOutputs(reference, join(folder, 'b.onnx'), {feeds, threads: 1})).rejects.toMatchObject({
    code: 'MODEL_INVALID',
    message: expect.stringContaining(message),
  })
})
