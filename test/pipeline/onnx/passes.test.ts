import {expect, test} from 'vitest'
import {checkModel} from '../../../src/pipeline/onnx/check-model.js'
import {copyMessage} from '../../../src/pipeline/onnx/copy-message.js'
import {GraphBuilder} from '../../../src/pipeline/onnx/graph-builder.js'
import {withGraph} from '../../../src/pipeline/onnx/map-graphs.js'
import type {Model} from '../../../src/pipeline/onnx/model.js'
import {TensorProto_DataType as DataType, type GraphProto} from '../../../src/pipeline/onnx/onnx-ml_pb.js'
import {removeUnused} from '../../../src/pipeline/onnx/remove-unused.js'
import {boolTensor, floatTensor} from '../../../src/pipeline/onnx/tensor.js'

/** y = If(choose) then x + a else x · b, and nodes that nobody needs, outside and inside. */
function branching(): Model {
  const outer = new GraphBuilder('main')
  const x = outer.input('x', DataType.FLOAT, [2])
  const choose = outer.constant(boolTensor('choose', [true], []))
  const a = outer.constant(floatTensor('a', [1, 2], [2]))
  const b = outer.constant(floatTensor('b', [3, 4], [2]))
  outer.constant(floatTensor('idle', [3, 4], [2]))
  outer.node('Relu', [x])
  const branch = (name: string, opType: string, other: string) => {
    const inner = new GraphBuilder(name, outer)
    inner.node('Neg', [x])
    inner.output(inner.node(opType, [x, other]), DataType.FLOAT, [2])
    return inner.graph()
  }
  const y = outer.node('If', [choose], {
    attributes: {then_branch: branch('then', 'Add', a), else_branch: branch('else', 'Mul', b)},
  })
  outer.output(y, DataType.FLOAT, [2], 'y')
  return outer.build({opset: 17})
}

const operators = ({proto}: Model): string[] =>
  proto.graph?.node.flatMap(({opType, attribute}) => [
    opType,
    ...attribute.flatMap(({g}) => g?.node.map(node => node.opType) ?? []),
  ]) ?? []

test('what no output comes from is removed, in branches too, and what only a branch reads stays', () => {
  const model = branching()
  expect(operators(model)).toEqual(['Relu', 'If', 'Neg', 'Add', 'Neg', 'Mul'])
  const reduced = removeUnused(model)
  expect(operators(reduced)).toEqual(['If', 'Add', 'Mul'])
  expect(reduced.proto.graph?.initializer.map(({name}) => name)).toEqual(['choose', 'a', 'b'])
  expect(operators(model)).toEqual(['Relu', 'If', 'Neg', 'Add', 'Neg', 'Mul'])
  expect(removeUnused(reduced).proto).toBe(reduced.proto)
  checkModel(reduced, 'it')
})

function changed(change: (graph: GraphProto) => void): Model {
  const model = removeUnused(branching())
  const graph = copyMessage(model.proto.graph!)
  change(graph)
  return {...model, proto: withGraph(model.proto, graph)}
}

test.each<[string, (graph: GraphProto) => void, string]>([
  [
    'a value that nothing makes',
    graph => {
      graph.initializer = graph.initializer.slice(0, 2)
    },
    'reads "b", which nothing before it makes',
  ],
  [
    'an output that nothing makes',
    graph => {
      graph.node = []
    },
    'nothing makes the output "y"',
  ],
  [
    'two values of one name',
    graph => {
      graph.initializer = [...graph.initializer, graph.initializer[0]!]
    },
    '"choose" is defined twice',
  ],
  [
    'an operator of an unknown domain',
    graph => {
      graph.node = graph.node.map(node => Object.assign(copyMessage(node), {domain: 'x'}))
    },
    'domain "x", which is not imported',
  ],
])('%s is refused', (_, change, message) => {
  expect(() => checkModel(changed(change), 'it')).toThrow(message)
})
