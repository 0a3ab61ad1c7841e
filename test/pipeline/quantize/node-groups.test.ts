import {expect, test} from 'vitest'
import {groupNodes} from '../../../src/pipeline/quantize/node-groups.js'

test.each([
  ['/model/encoder/layers.3/fc1/MatMul', '/model/encoder/layers.3'],
  ['/m/wav2vec2/feature_extractor/conv_layers.0/conv/Conv', '/m/wav2vec2/feature_extractor/conv_layers.0'],
  ['model.decoder.layers.11.self_attn.q_proj', 'model.decoder.layers.11'],
  ['encoder/layer/2/attention/MatMul_1', 'encoder/layer/2'],
  ['bert/layer_7/output/MatMul', 'bert/layer_7'],
  ['/m/wav2vec2/feature_projection/projection/MatMul', '/m/wav2vec2/feature_projection/projection/MatMul'],
  ['/m/lm_head/MatMul', '/m/lm_head/MatMul'],
  ['MatMul_12', 'MatMul_12'],
  ['v76', 'v76'],
])('%s is of the group %s', (name, group) => {
  expect(groupNodes('model', [{name}])).toEqual([{graph: 'model', name: group, nodes: [name]}])
})

test('nodes of a layer are together, in the order of the graph', () => {
  const nodes = ['/layers.0/q/MatMul', '/layers.1/q/MatMul', '/layers.0/k/MatMul', '/head/MatMul'].map(name => ({name}))
  expect(groupNodes('model', nodes).map(({nodes: own}) => own)).toEqual([
    ['/layers.0/q/MatMul', '/layers.0/k/MatMul'],
    ['/layers.1/q/MatMul'],
    ['/head/MatMul'],
  ])
})

test('nodes that share weights are together, also across layers', () => {
  const nodes = [
    {name: 'first/q', weight: 'q'},
    {name: 'first/table', weight: 'table'},
    {name: 'later/q', weight: 'q'},
    {name: 'later/head', weight: 'table'},
    {name: 'later/both/0/x', weight: 'q'},
    {name: 'later/both/0/y', weight: 'table'},
    {name: 'alone', weight: 'alone'},
  ]
  expect(groupNodes('decoder', nodes.slice(0, 4)).map(({nodes: own}) => own)).toEqual([
    ['first/q', 'later/q'],
    ['first/table', 'later/head'],
  ])
  expect(groupNodes('decoder', nodes).map(({nodes: own}) => own.length)).toEqual([6, 1])
})
