import {expect, test} from 'vitest'
import {GraphBuilder} from '../../../../src/pipeline/onnx/graph-builder.js'
import {TensorProto_DataType as DataType} from '../../../../src/pipeline/onnx/onnx-ml_pb.js'
import {type NodeSelection, nodeName, selectNodes} from '../../../../src/pipeline/onnx/quantize/select-nodes.js'
import {floatTensor} from '../../../../src/pipeline/onnx/tensor.js'

const NAMES = [
  '/encoder/layers.0/fc1/MatMul',
  '/encoder/layers.1/fc1/MatMul',
  '/encoder/layers.10/fc2/MatMul',
  '/head[x]/MatMul',
]

function model() {
  const builder = new GraphBuilder('main')
  const w = builder.constant(floatTensor('w', [1, 0, 0, 1], [2, 2]))
  let value = builder.input('x', DataType.FLOAT, [1, 2])
  for (const name of NAMES) value = builder.node('MatMul', [value, w], {name})
  value = builder.node('Gemm', [value, w], {name: '/gemm'})
  value = builder.node('Add', [value, w], {name: '/encoder/layers.0/add'})
  builder.output(value, DataType.FLOAT, [2, 2], 'y')
  return builder.build({opset: 17})
}

const operators = {defaults: ['MatMul'], all: ['MatMul', 'Gemm']}

function chosen(selection: NodeSelection): string[] {
  const isSelected = selectNodes(model(), selection, operators)
  return (model().proto.graph?.node ?? []).filter(isSelected).map(nodeName)
}

const [first, second, tenth, head] = NAMES as [string, string, string, string]

test.each<[NodeSelection, string[]]>([
  [{}, NAMES],
  [{opTypes: ['Gemm']}, ['/gemm']],
  [{include: ['*/layers.1*']}, [second, tenth]],
  [{include: ['*layers.?*'], unmatched: 'ignore'}, []],
  [{include: ['*head[x]*']}, [head]],
  [{exclude: ['/encoder/*']}, [head]],
  [{nodes: [first]}, [first]],
  [{nodes: ['/gemm']}, ['/gemm']],
  [{nodes: [first], include: ['*fc2*']}, [first, tenth]],
  [{include: ['*fc*'], exclude: ['*.1/*']}, [first, tenth]],
  [{nodes: ['gone', head], exclude: ['gone*'], unmatched: 'ignore'}, [head]],
])('%j chooses %j', (selection, names) => expect(chosen(selection)).toEqual(names))

test.each<[NodeSelection, string, string]>([
  [
    {nodes: ['/encoder/layers.0/fc1/MatMu']},
    'The model has no node "/encoder/layers.0/fc1/MatMu".',
    `It has "${first}", "${second}", "${tenth}", "${head}".`,
  ],
  [
    {exclude: ['*fc3*']},
    'The model has no node "*fc3*".',
    `It has "${first}", "${second}", "${tenth}", "${head}", "/gemm".`,
  ],
  [{include: ['*/layers.7/fc1/*']}, 'The model has no node "*/layers.7/fc1/*".', `It has "${first}", "${second}".`],
  [
    {nodes: ['/encoder/layers.0/add']},
    '"/encoder/layers.0/add" is of nodes of another operator (Add).',
    'The chosen operators are Gemm, MatMul: choose other operators or other nodes.',
  ],
  [
    {include: ['/gemm']},
    '"/gemm" is of nodes of another operator (Gemm).',
    'The chosen operators are MatMul: choose other operators or other nodes.',
  ],
  [{opTypes: ['Conv']}, 'Nodes of "Conv" cannot be quantized this way.', 'It can be done for MatMul, Gemm.'],
])('%j is refused, with what comes near', (selection, message, hint) => {
  expect(() => chosen(selection)).toThrow(expect.objectContaining({code: 'OPTION_UNSUPPORTED', message, hint}))
})

test('what is left out may be of an operator that stays anyway', () => {
  expect(chosen({exclude: ['*/add', '/gemm']})).toEqual(NAMES)
})
