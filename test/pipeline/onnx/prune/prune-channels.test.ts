import {join} from 'node:path'
import {Tensor} from 'onnxruntime-node'
import {expect, test} from 'vitest'
import {checkModel} from '../../../../src/pipeline/onnx/check-model.js'
import {copyMessage} from '../../../../src/pipeline/onnx/copy-message.js'
import {GraphBuilder, type Value} from '../../../../src/pipeline/onnx/graph-builder.js'
import {inferShapes} from '../../../../src/pipeline/onnx/infer-shapes.js'
import {mapTensors} from '../../../../src/pipeline/onnx/map-graphs.js'
import type {Model} from '../../../../src/pipeline/onnx/model.js'
import {TensorProto_DataType as DataType, type TensorProto} from '../../../../src/pipeline/onnx/onnx-ml_pb.js'
import type {ChannelGroup} from '../../../../src/pipeline/onnx/prune/channels.js'
import {chooseChannels} from '../../../../src/pipeline/onnx/prune/choose-channels.js'
import {findChannels} from '../../../../src/pipeline/onnx/prune/find-channels.js'
import {pruneChannels} from '../../../../src/pipeline/onnx/prune/prune-channels.js'
import {scoreByWeights} from '../../../../src/pipeline/onnx/prune/score-channels.js'
import {readModel} from '../../../../src/pipeline/onnx/read-model.js'
import {boolTensor, floatTensor, int64Tensor} from '../../../../src/pipeline/onnx/tensor.js'
import {floatsOf, shapeOf} from '../../../../src/pipeline/onnx/tensor-values.js'
import {atomModel} from '../../../support/atom-models.js'
import {exportAll, goldenCheckpoint} from '../../../support/export.js'
import {clearExternal} from '../../../support/inline-tensor.js'
import {floats, noise, relativeError, runModel} from '../../../support/onnx-models.js'
import {hasSharedData, sharedData} from '../../../support/shared-data.js'
import {temporaryFolder} from '../../transcripts/temporary-folder.js'

const AMOUNT = {amount: 0.5, scope: 'layer', multiple: 2} as const

/** The model with zeros where the products that read removed channels have them: what pruning must be equal to. */
async function masked(model: Model): Promise<Model> {
  const {groups} = findChannels(model.proto, await inferShapes(model))
  const scored = await Promise.all(groups.map(async group => ({group, scores: await scoreByWeights(model, group)})))
  const kept = chooseChannels(scored, AMOUNT)
  const zeroed = new Map<TensorProto, TensorProto>()
  for (const group of groups)
    for (const {inputs} of group.consumers) {
      const value = inputs[1]?.tensor === undefined ? inputs[1]?.maker?.inputs[0] : inputs[1]
      const tensor = value?.tensor
      if (value === undefined || tensor === undefined) throw new Error('no weights')
      zeroed.set(
        tensor,
        await zeroOthers(model, tensor, group, {fromEnd: group.placements.get(value)!.fromEnd, kept: kept.get(group)!}),
      )
    }
  return {...model, proto: mapTensors(model.proto, tensor => zeroed.get(tensor) ?? tensor)}
}

async function zeroOthers(
  model: Model,
  tensor: TensorProto,
  {unit}: ChannelGroup,
  {fromEnd, kept}: {readonly fromEnd: number; readonly kept: readonly number[]},
): Promise<TensorProto> {
  const shape = shapeOf(tensor)
  const inner = shape.slice(shape.length - fromEnd + 1).reduce((product, size) => product * size, 1)
  const values = (await floatsOf(model, tensor)).map((value, index) => {
    const channel = Math.floor((Math.floor(index / inner) % shape.at(-fromEnd)!) / unit)
    return kept.includes(channel) ? value : 0
  })
  return clearExternal(Object.assign(copyMessage(tensor), {rawData: new Uint8Array(values.buffer), floatData: []}))
}

const weight = (graph: GraphBuilder, name: string, shape: readonly number[], seed: number): Value =>
  graph.constant(
    floatTensor(
      name,
      noise(
        shape.reduce((a, b) => a * b, 1),
        seed,
      ),
      shape,
    ),
  )

/** Query, key and value in one product, com.microsoft's attention, a gated feed-forward block, and a residual. */
function contribModel(): Model {
  const graph = new GraphBuilder('main')
  const x = graph.input('x', DataType.FLOAT, ['batch', 'time', 12])
  const packed = graph.node('Add', [
    graph.node('MatMul', [x, weight(graph, 'qkv', [12, 36], 1)]),
    weight(graph, 'qkv_b', [36], 2),
  ])
  const parts = graph.nodes('Split', [packed, graph.constant(int64Tensor('parts', [12, 12, 12]))], 3, {
    attributes: {axis: -1},
  })
  const bias = weight(graph, 'bias', [36], 3)
  const heard = graph.node('MultiHeadAttention', [...parts, bias], {
    domain: 'com.microsoft',
    attributes: {num_heads: 4},
  })
  const after = graph.node('Add', [x, graph.node('MatMul', [heard, weight(graph, 'o', [12, 12], 4)])])
  const gate = graph.node('Sigmoid', [graph.node('MatMul', [after, weight(graph, 'gate', [12, 8], 5)])])
  const up = graph.node('MatMul', [after, weight(graph, 'up', [12, 8], 6)])
  const down = graph.node('MatMul', [graph.node('Mul', [gate, up]), weight(graph, 'down', [8, 12], 7)])
  graph.output(graph.node('Add', [after, down]), DataType.FLOAT, ['batch', 'time', 12], 'y')
  return graph.build({opset: 17, domains: {'com.microsoft': 1}})
}

/** Two branches that share the first layer's weights; one has Gemm on rows and a bias of its own. */
function branchingModel(): Model {
  const graph = new GraphBuilder('main')
  const x = graph.input('x', DataType.FLOAT, [3, 6])
  const choose = graph.constant(boolTensor('choose', [true], []))
  const [first, second, bias] = [
    weight(graph, 'w1', [6, 10], 1),
    weight(graph, 'w2', [10, 6], 2),
    weight(graph, 'b1', [10], 3),
  ]
  const branch = (name: string, opType: 'Gemm' | 'MatMul') => {
    const inner = new GraphBuilder(name, graph)
    const made =
      opType === 'Gemm'
        ? inner.node('Gemm', [x, first, bias])
        : inner.node('Add', [inner.node('MatMul', [x, first]), bias])
    inner.output(inner.node('MatMul', [inner.node('Relu', [made]), second]), DataType.FLOAT, [3, 6])
    return inner.graph()
  }
  const attributes = {then_branch: branch('then', 'Gemm'), else_branch: branch('else', 'MatMul')}
  graph.output(graph.node('If', [choose], {attributes}), DataType.FLOAT, [3, 6], 'y')
  return graph.build({opset: 17})
}

const exported = async (name: string, file: string): Promise<Model> => {
  const out = join(await temporaryFolder(), name)
  await exportAll({checkpoint: goldenCheckpoint(name), out, layout: 'huggingface'})
  return await readModel(join(out, 'onnx', file))
}

const integers = (values: readonly number[], shape: readonly number[]) =>
  new Tensor('int64', BigInt64Array.from(values, BigInt), [...shape])

test.each<
  [
    string,
    () => Promise<Model>,
    () => Record<string, Tensor>,
    string,
    Record<string, readonly [before: number, after: number]>,
  ]
>([
  [
    'packed attention and a gate',
    async () => contribModel(),
    () => ({x: floats([2, 5, 12])}),
    'y',
    {heads: [4, 2], ffn: [8, 4]},
  ],
  ['branches with shared weights', async () => branchingModel(), () => ({x: floats([3, 6])}), 'y', {ffn: [10, 6]}],
  [
    'our encoder',
    () => exported('whisper-a', 'encoder_model.onnx'),
    () => ({input_features: floats([2, 8, 20])}),
    'last_hidden_state',
    {heads: [2, 1], ffn: [24, 12]},
  ],
  [
    'our CTC model with adapters',
    () => exported('wav2vec2-layer-stable', 'model.onnx'),
    () => ({input_values: floats([1, 800])}),
    'logits',
    {heads: [2, 1], ffn: [24, 12]},
  ],
  [
    'an encoder of PyTorch’s kind',
    () => readModel(atomModel('whisper-atom/onnx/encoder_model.onnx')),
    () => ({input_features: floats([1, 80, 3000])}),
    'last_hidden_state',
    {heads: [2, 1], ffn: [64, 32]},
  ],
])('%s: removed channels are as if they were zero', async (_, open, inputs, output, expected) => {
  const model = await open()
  const {model: pruned, layers} = await pruneChannels(model, AMOUNT)
  checkModel(pruned, 'it')
  for (const [kind, [before, after]] of Object.entries(expected))
    expect(layers.find(layer => layer.kind === kind)).toMatchObject({before, after})
  const [actual, wanted] = await Promise.all([runModel(pruned, inputs()), runModel(await masked(model), inputs())])
  expect(relativeError(actual[output]!, wanted[output]!)).toBeLessThan(1e-5)
  const whole = await runModel(model, inputs())
  expect(relativeError(actual[output]!, whole[output]!)).toBeGreaterThan(1e-4)
})

const decoders: [string, () => Promise<Model>][] = [
  ['whisper-atom', () => readModel(atomModel('whisper-atom/onnx/decoder_model_merged.onnx'))],
  ['our own', () => exported('whisper-a', 'decoder_model_merged.onnx')],
  ...(hasSharedData
    ? [
        [
          'whisper-nano by PyTorch',
          () => readModel(sharedData('models/whisper-nano/onnx/decoder_model_merged.onnx')),
        ] as [string, () => Promise<Model>],
      ]
    : []),
]

test.each(decoders)('a merged decoder (%s) loses the same heads in both branches and in its cache', async (_, open) => {
  const model = await open()
  const {model: pruned, layers, skipped} = await pruneChannels(model, AMOUNT)
  expect(layers.filter(({kind}) => kind === 'heads')[0]).toMatchObject({before: expect.any(Number)})
  expect(skipped.map(({reason}) => reason).join()).toContain('cross_attentions.0')
  const reference = await masked(model)
  const [ours, theirs] = [await twoSteps(pruned), await twoSteps(reference)]
  for (const [step, logits] of ours.entries()) expect(relativeError(logits, theirs[step]!)).toBeLessThan(1e-4)
})

/** Logits of a prompt, and of one more token with the cache that the model gave. */
async function twoSteps(model: Model): Promise<Float32Array[]> {
  const infos = new Map(
    model.proto.graph!.input.map(({name, type}) => {
      const value = type?.value.case === 'tensorType' ? (type.value.value.shape?.dim ?? []) : []
      return [name, value.map(({value: size}) => (size.case === 'dimValue' ? Number(size.value) : undefined))]
    }),
  )
  const past = (name: string, length: number) => infos.get(name)!.map((size, axis) => size ?? (axis === 0 ? 1 : length))
  const names = [...infos.keys()].filter(name => name.startsWith('past_key_values.'))
  const states = floats(past('encoder_hidden_states', 7))
  const empty = Object.fromEntries(names.map(name => [name, floats(past(name, 0))]))
  const flag = (on: boolean) => new Tensor('bool', [on], [1])
  const first = await runModel(model, {
    ...empty,
    input_ids: integers([1, 2, 3], [1, 3]),
    encoder_hidden_states: states,
    use_cache_branch: flag(false),
  })
  const cache = Object.fromEntries(
    names.map(name => {
      const values = first[name.replace('past_key_values', 'present')]!
      const shape = past(name, 0)
      const length = values.length / (shape[1]! * shape[3]!)
      return [name, new Tensor('float32', values, [1, shape[1]!, length, shape[3]!])]
    }),
  )
  const next = await runModel(model, {
    ...cache,
    input_ids: integers([4], [1, 1]),
    encoder_hidden_states: states,
    use_cache_branch: flag(true),
  })
  return [first.logits!, next.logits!]
}

test('heads whose bias is made of what goes on (WavLM) stay, with the reason', async () => {
  const {layers, skipped} = await pruneChannels(await exported('wavlm', 'model.onnx'), AMOUNT)
  expect(new Set(layers.map(({kind}) => kind))).toEqual(new Set(['ffn']))
  expect(skipped.length).toBeGreaterThan(0)
})

test('only chosen layers and kinds are pruned, and names that are not there are refused', async () => {
  const model = contribModel()
  const only = await pruneChannels(model, {...AMOUNT, targets: ['heads']})
  expect(only.layers.map(({kind}) => kind)).toEqual(['heads'])
  const names = model.proto.graph!.node.filter(({opType}) => opType === 'MatMul').map(({name}) => name)
  expect((await pruneChannels(model, AMOUNT, {exclude: [names.at(-1)!]})).layers.map(({kind}) => kind)).toEqual([
    'heads',
  ])
  expect((await pruneChannels(model, AMOUNT, {nodes: [names.at(-1)!]})).layers.map(({kind}) => kind)).toEqual(['ffn'])
  await expect(pruneChannels(model, AMOUNT, {include: ['fc9*']})).rejects.toThrow('The model has no node "fc9*"')
})

test.each([
  [
    'a layer keeps at least one head and a multiple of neurons',
    {amount: 1, scope: 'layer', multiple: 4},
    {heads: 1, ffn: 4},
  ],
  ['rounding keeps the best of those to go', {amount: 0.3, scope: 'layer', multiple: 8}, {heads: 3, ffn: 8}],
  ['all layers together', {amount: 0.5, scope: 'global', multiple: 1}, {heads: 2, ffn: 4}],
] as const)('%s', async (_, amount, expected) => {
  const {layers} = await pruneChannels(contribModel(), amount)
  expect(Object.fromEntries(layers.map(({kind, after}) => [kind, after]))).toEqual(expected)
})
