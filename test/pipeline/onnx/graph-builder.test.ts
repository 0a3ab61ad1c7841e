import {toBinary} from '@bufbuild/protobuf'
import {InferenceSession, Tensor} from 'onnxruntime-node'
import {expect, test} from 'vitest'
import {GraphBuilder} from '../../../src/pipeline/onnx/graph-builder.js'
import {ModelProtoSchema, TensorProto_DataType as Type} from '../../../src/pipeline/onnx/onnx-ml_pb.js'
import {floatTensor} from '../../../src/pipeline/onnx/tensor.js'

const run = async (graph: GraphBuilder, feeds: Readonly<Record<string, Tensor>>) => {
  const session = await InferenceSession.create(toBinary(ModelProtoSchema, graph.build({opset: 18}).proto))
  const outputs = await session.run(feeds)
  await session.release()
  return Object.fromEntries(Object.entries(outputs).map(([name, {data}]) => [name, [...(data as Float32Array)]]))
}
const floats = (...values: number[]) => new Tensor('float32', Float32Array.from(values), [values.length])
const opTypes = (graph: GraphBuilder) => graph.graph().node.map(({opType}) => opType)

test('a value leaves the graph under its new name, whoever read it before and reads it after, without a copy', async () => {
  const graph = new GraphBuilder('g')
  const x = graph.input('x', Type.FLOAT, ['n'])
  const twice = graph.node('Add', [x, x])
  const before = graph.node('Add', [twice, twice])
  graph.output(twice, Type.FLOAT, ['n'], 'twice')
  const after = graph.node('Add', [before, twice])
  graph.output(after, Type.FLOAT, ['n'], 'six')
  expect(opTypes(graph)).toEqual(['Add', 'Add', 'Add'])
  expect(await run(graph, {x: floats(1, 2)})).toEqual({twice: [2, 4], six: [6, 12]})
})

test('an input, a value under a second name and one that a subgraph reads are copied', async () => {
  const graph = new GraphBuilder('g')
  const x = graph.input('x', Type.FLOAT, ['n'])
  const choose = graph.input('choose', Type.BOOL, [])
  const twice = graph.node('Add', [x, x])
  const [then, otherwise] = [new GraphBuilder('then', graph), new GraphBuilder('else', graph)]
  then.output(then.node('Neg', [twice]), Type.FLOAT, ['n'])
  otherwise.output(otherwise.node('Abs', [twice]), Type.FLOAT, ['n'])
  const chosen = graph.node('If', [choose], {
    attributes: {then_branch: then.graph(), else_branch: otherwise.graph()},
  })
  graph.output(chosen, Type.FLOAT, ['n'], 'chosen')
  graph.output(chosen, Type.FLOAT, ['n'], 'again')
  graph.output(twice, Type.FLOAT, ['n'], 'twice')
  graph.output(x, Type.FLOAT, ['n'], 'given')
  expect(opTypes(graph).filter(type => type === 'Identity')).toHaveLength(3)
  const outputs = await run(graph, {x: floats(1, 2), choose: new Tensor('bool', [true], [])})
  expect(outputs).toEqual({chosen: [-2, -4], again: [-2, -4], twice: [2, 4], given: [1, 2]})
})

test('a subgraph reads a value under the name that it left the graph with', async () => {
  const graph = new GraphBuilder('g')
  const x = graph.input('x', Type.FLOAT, ['n'])
  const twice = graph.node('Add', [x, x])
  graph.output(twice, Type.FLOAT, ['n'], 'twice')
  const [then, otherwise] = [new GraphBuilder('then', graph), new GraphBuilder('else', graph)]
  then.output(then.node('Neg', [twice]), Type.FLOAT, ['n'])
  otherwise.output(otherwise.node('Abs', [twice]), Type.FLOAT, ['n'])
  const yes = graph.constant(floatTensor('yes', [1], []))
  const attributes = {then_branch: then.graph(), else_branch: otherwise.graph()}
  graph.output(
    graph.node('If', [graph.node('Cast', [yes], {attributes: {to: Type.BOOL}})], {attributes}),
    Type.FLOAT,
    ['n'],
    'out',
  )
  expect(await run(graph, {x: floats(3)})).toEqual({twice: [6], out: [-6]})
})
