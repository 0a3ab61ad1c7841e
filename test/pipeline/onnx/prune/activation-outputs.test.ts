import {join} from 'node:path'
import {InferenceSession, Tensor} from 'onnxruntime-node'
import {expect, test} from 'vitest'
import {checkModel} from '../../../../src/pipeline/onnx/check-model.js'
import {GraphBuilder} from '../../../../src/pipeline/onnx/graph-builder.js'
import {inferShapes} from '../../../../src/pipeline/onnx/infer-shapes.js'
import type {Model} from '../../../../src/pipeline/onnx/model.js'
import {TensorProto_DataType as DataType} from '../../../../src/pipeline/onnx/onnx-ml_pb.js'
import {withActivationOutputs} from '../../../../src/pipeline/onnx/prune/activation-outputs.js'
import {findChannels} from '../../../../src/pipeline/onnx/prune/find-channels.js'
import {boolTensor, floatTensor, int64Tensor} from '../../../../src/pipeline/onnx/tensor.js'
import {writeModel} from '../../../../src/pipeline/onnx/write-model.js'
import {temporaryFolder} from '../../transcripts/temporary-folder.js'

/** The magnitudes of two neurons for a row of ones: 1 and 3; the second layer adds them up. */
function feedForward(graph: GraphBuilder, x: string, outer: GraphBuilder): string {
  const w1 = outer.constant(floatTensor('w1', [1, -3], [1, 2]))
  const w2 = outer.constant(floatTensor('w2', [1, 1], [2, 1]))
  return graph.node('MatMul', [graph.node('Tanh', [graph.node('Neg', [graph.node('MatMul', [x, w1])])]), w2])
}

function branches(): Model {
  const graph = new GraphBuilder('main')
  const x = graph.input('x', DataType.FLOAT, ['rows', 1])
  const choose = graph.input('choose', DataType.BOOL, [])
  const used = new GraphBuilder('then', graph)
  used.output(feedForward(used, x, graph), DataType.FLOAT, ['rows', 1])
  const other = new GraphBuilder('else', graph)
  other.output(other.node('Neg', [x]), DataType.FLOAT, ['rows', 1])
  const attributes = {then_branch: used.graph(), else_branch: other.graph()}
  graph.output(graph.node('If', [choose], {attributes}), DataType.FLOAT, ['rows', 1], 'y')
  return graph.build({opset: 17})
}

function loop(): Model {
  const graph = new GraphBuilder('main')
  const x = graph.input('x', DataType.FLOAT, ['rows', 1])
  const steps = graph.constant(int64Tensor('steps', [3], []))
  const body = new GraphBuilder('body', graph)
  body.input('step', DataType.INT64, [])
  body.input('go', DataType.BOOL, [])
  const state = body.input('state', DataType.FLOAT, ['rows', 1])
  body.output(body.constant(boolTensor('on', [true], [])), DataType.BOOL, [], 'on_out')
  const made = feedForward(body, x, graph)
  body.output(
    body.node('Add', [body.node('Mul', [state, body.constant(floatTensor('zero', [0], []))]), made]),
    DataType.FLOAT,
    ['rows', 1],
  )
  graph.output(graph.node('Loop', [steps, '', x], {attributes: {body: body.graph()}}), DataType.FLOAT, ['rows', 1], 'y')
  return graph.build({opset: 17})
}

async function run(model: Model, inputs: Record<string, Tensor>): Promise<Record<string, number[]>> {
  const path = join(await temporaryFolder(), 'model.onnx')
  await writeModel(model, path)
  const session = await InferenceSession.create(path, {logSeverityLevel: 3})
  const outputs = await session.run(inputs)
  await session.release()
  const numbers = (data: Tensor['data']) => Array.from(data as Iterable<number | bigint>, Number)
  return Object.fromEntries(Object.entries(outputs).map(([name, {data}]) => [name, numbers(data)]))
}

const on = (value: boolean) => new Tensor('bool', [value], [])
const rows = new Tensor('float32', Float32Array.of(1, 1, 0), [3, 1])
const [one, three] = [2 * Math.tanh(1), 2 * Math.tanh(3)]

test.each<[string, () => Model, Record<string, Tensor>, readonly number[], number]>([
  ['a branch that runs', branches, {x: rows, choose: on(true)}, [one, three], 6],
  ['a branch that does not', branches, {x: rows, choose: on(false)}, [0, 0], 0],
  ['a loop, in all its steps', loop, {x: rows}, [3 * one, 3 * three], 18],
])('%s tells how active its neurons are', async (_, make, inputs, sums, count) => {
  const model = make()
  const {groups} = findChannels(model.proto, await inferShapes(model))
  expect(groups).toHaveLength(1)
  const {model: exposed, outputs} = withActivationOutputs(model, groups)
  checkModel(exposed, 'it')
  const results = await run(exposed, inputs)
  const [told] = outputs
  expect(results[told!.sums]).toEqual(sums.map(sum => expect.closeTo(sum, 5)))
  expect(results[told!.count]).toEqual([count])
  expect(results.y).toEqual((await run(model, inputs)).y)
})
