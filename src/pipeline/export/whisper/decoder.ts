import {GraphBuilder, type Value} from '../../onnx/graph-builder.js'
import type {Model} from '../../onnx/model.js'
import {TensorProto_DataType as DataType} from '../../onnx/onnx-ml_pb.js'
import {removeUnused} from '../../onnx/remove-unused.js'
import type {GraphContext} from '../graph-context.js'
import {GraphWeights} from '../graph-weights.js'
import type {WhisperConfig} from './config.js'
import {type DecoderInputs, type DecoderOutputs, decoderBody, type LayerCache} from './decoder-body.js'

/** One output of the decoder: its name outside, and its shape. */
interface Output {
  readonly name: string
  readonly shape: readonly (number | string)[]
}

/**
 * `decoder_model_merged.onnx`: the first pass and later ones in one graph with one set of weights, chosen by
 * `use_cache_branch`. Inputs and outputs have the names of optimum's exports.
 */
export function buildDecoder(config: WhisperConfig, context: GraphContext): Model {
  const {crossAttentions, build} = context
  const {graph, weights} = openGraph('decoder_model_merged', context)
  const ids = idsInput(graph)
  const states = statesInput(graph, config)
  const past = cacheInputs(graph, config)
  const useCache = graph.input('use_cache_branch', DataType.BOOL, [1])
  const outputs = outputsOf(config, {cross: true, crossAttentions})

  function branch(name: string, inputs: DecoderInputs) {
    const inner = new GraphBuilder(name, graph)
    const {logits, present, attentions} = decoderBody({graph: inner, weights}, inputs, config)
    const values = [logits, ...present.flatMap(cacheValues), ...(crossAttentions ? attentions : [])]
    for (const [index, value] of values.entries()) inner.output(value, DataType.FLOAT, outputs[index]?.shape ?? [])
    return inner.graph()
  }
  const attributes = {
    then_branch: branch('with_past', {ids, source: {past}}),
    else_branch: branch('first_pass', {ids, source: {states}}),
  }
  const values = graph.nodes('If', [useCache], outputs.length, {name: 'decoder', attributes})
  for (const [index, {name, shape}] of outputs.entries()) graph.output(values[index] ?? '', DataType.FLOAT, shape, name)
  return graph.build(build)
}

/** `decoder_model.onnx`: the first pass, which also makes keys and values of the recording. */
export function buildFirstDecoder(config: WhisperConfig, context: GraphContext): Model {
  const {graph, weights} = openGraph('decoder_model', context)
  const ids = idsInput(graph)
  const states = statesInput(graph, config)
  const made = decoderBody({graph, weights}, {ids, source: {states}}, config)
  return finish(graph, made, {cross: true}, config, context)
}

/** `decoder_with_past_model.onnx`: later passes, which read those keys and values and do not give them again. */
export function buildDecoderWithPast(config: WhisperConfig, context: GraphContext): Model {
  const {graph, weights} = openGraph('decoder_with_past_model', context)
  const ids = idsInput(graph)
  const past = cacheInputs(graph, config)
  const made = decoderBody({graph, weights}, {ids, source: {past}}, config)
  return finish(graph, made, {cross: false}, config, context)
}

function openGraph(name: string, {checkpoint, used}: GraphContext) {
  const graph = new GraphBuilder(name)
  return {graph, weights: new GraphWeights(graph, checkpoint, used)}
}

function finish(
  graph: GraphBuilder,
  {logits, present, attentions}: DecoderOutputs,
  {cross}: {readonly cross: boolean},
  config: WhisperConfig,
  {build, crossAttentions}: GraphContext,
): Model {
  const caches = present.flatMap(layer => (cross ? cacheValues(layer) : [layer.self.key, layer.self.value]))
  const values = [logits, ...caches, ...(crossAttentions ? attentions : [])]
  for (const [index, {name, shape}] of outputsOf(config, {cross, crossAttentions}).entries())
    graph.output(values[index] ?? '', DataType.FLOAT, shape, name)
  return removeUnused(graph.build(build))
}

const idsInput = (graph: GraphBuilder): Value =>
  graph.input('input_ids', DataType.INT64, ['batch_size', 'decoder_sequence_length'])

const statesInput = (graph: GraphBuilder, {d_model: width}: WhisperConfig): Value =>
  graph.input('encoder_hidden_states', DataType.FLOAT, ['batch_size', 'encoder_sequence_length', width])

function cacheInputs(graph: GraphBuilder, config: WhisperConfig): LayerCache[] {
  const {decoder_attention_heads: heads, d_model: width} = config
  const input = (layer: number, part: string, kind: string, length: string): Value =>
    graph.input(`past_key_values.${layer}.${part}.${kind}`, DataType.FLOAT, [
      'batch_size',
      heads,
      length,
      width / heads,
    ])
  const inputs = (layer: number, part: string, length: string) => ({
    key: input(layer, part, 'key', length),
    value: input(layer, part, 'value', length),
  })
  return Array.from({length: config.decoder_layers}, (_, layer) => ({
    self: inputs(layer, 'decoder', 'past_decoder_sequence_length'),
    cross: inputs(layer, 'encoder', 'encoder_sequence_length_out'),
  }))
}

const cacheValues = ({self, cross}: LayerCache): Value[] => [self.key, self.value, cross.key, cross.value]

interface GivenOutputs {
  /** Whether keys and values of the recording are among them. */
  readonly cross: boolean
  readonly crossAttentions: boolean
}

function outputsOf(config: WhisperConfig, {cross, crossAttentions}: GivenOutputs): Output[] {
  const {decoder_attention_heads: heads, d_model: width, decoder_layers: layers} = config
  const size = width / heads
  const parts = ['decoder.key', 'decoder.value', ...(cross ? ['encoder.key', 'encoder.value'] : [])]
  const present = (layer: number): Output[] =>
    parts.map(part => ({
      name: `present.${layer}.${part}`,
      shape: part.startsWith('decoder')
        ? ['batch_size', heads, 'total_length', size]
        : ['batch_size_enc', heads, 'total_length_enc', size],
    }))
  const attention = (layer: number): Output => ({
    name: `cross_attentions.${layer}`,
    shape: ['batch_size', heads, 'decoder_sequence_length', 'encoder_sequence_length_out'],
  })
  const each = Array.from({length: layers}, (_, layer) => layer)
  const logits = {name: 'logits', shape: ['batch_size', 'decoder_sequence_length', config.vocab_size]}
  return [logits, ...each.flatMap(present), ...(crossAttentions ? each.map(attention) : [])]
}
