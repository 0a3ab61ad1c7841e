import {create} from '@bufbuild/protobuf'
import type {Value} from '../../onnx/graph-builder.js'
import {TensorProto_DataType as DataType, TensorProtoSchema} from '../../onnx/onnx-ml_pb.js'
import {floatTensor} from '../../onnx/tensor.js'
import {layerNorm, type Scope} from '../layers.js'
import {attendTo, feedForward, type KeysAndValues, projectKeysAndValues} from './blocks.js'
import type {WhisperConfig} from './config.js'

/** Keys and values of one layer: of the tokens, and of the recording. */
export interface LayerCache {
  readonly self: KeysAndValues
  readonly cross: KeysAndValues
}

export interface DecoderInputs {
  /** [batch, tokens]. */
  readonly ids: Value
  /** The first pass makes keys and values of the encoder's states; later ones take all from the cache. */
  readonly source: {readonly states: Value} | {readonly past: readonly LayerCache[]}
}

export interface DecoderOutputs {
  /** [batch, tokens, vocabulary]. */
  readonly logits: Value
  /** The cache after these tokens. */
  readonly present: readonly LayerCache[]
  /** Cross-attention of each layer, [batch, heads, tokens, positions]. */
  readonly attentions: readonly Value[]
}

/** Below every score, and a number also where a score is added to it. */
const MASKED = -3.4028234663852886e38

/** The decoder, for the first pass or a later one. Tokens see those before them, in the cache too. */
export function decoderBody(scope: Scope, {ids, source}: DecoderInputs, config: WhisperConfig): DecoderOutputs {
  const {graph, weights} = scope
  const {d_model: width, vocab_size: vocabulary, max_target_positions: positions} = config
  const pastLength = 'past' in source ? sizeOf(scope, source.past[0]?.self.key ?? '', 2) : weights.integers([0])
  const count = sizeOf(scope, ids, 1)
  const end = graph.node('Add', [pastLength, count])
  const embedding = weights.take('model.decoder.embed_tokens.weight', [vocabulary, width])
  const table = weights.take('model.decoder.embed_positions.weight', [positions, width])
  const places = graph.node('Slice', [table, pastLength, end, weights.integers([0])])
  let states = graph.node('Add', [graph.node('Gather', [embedding, ids]), places])
  const mask = causalMask(scope, pastLength, count, end)
  const present: LayerCache[] = []
  const attentions: Value[] = []
  for (let layer = 0; layer < config.decoder_layers; layer++) {
    const made = decoderLayer(scope, states, layer, {source, mask}, config)
    states = made.states
    present.push(made.present)
    attentions.push(made.attention)
  }
  states = layerNorm(scope, states, 'model.decoder.layer_norm', width)
  return {logits: logitsOf(scope, states, count, config), present, attentions}
}

/** The size of one dimension, as a tensor of one element. */
function sizeOf({graph}: Scope, x: Value, dimension: number): Value {
  return graph.node('Shape', [x], {attributes: {start: dimension, end: dimension + 1}})
}

/** [tokens, past + tokens]: 0 where a token may look, far below 0 after it. */
function causalMask({graph, weights}: Scope, pastLength: Value, count: Value, end: Value): Value {
  const shape = graph.node('Concat', [count, end], {attributes: {axis: 0}})
  const value = floatTensor('value', [MASKED], [1])
  const full = graph.node('ConstantOfShape', [shape], {attributes: {value}})
  const next = graph.node('Add', [pastLength, weights.integers([1])])
  return graph.node('Trilu', [full, graph.node('Squeeze', [next, weights.integers([0])])], {attributes: {upper: 1}})
}

interface LayerInputs {
  readonly source: DecoderInputs['source']
  readonly mask: Value
}

function decoderLayer(scope: Scope, x: Value, layer: number, {source, mask}: LayerInputs, config: WhisperConfig) {
  const {graph} = scope
  const {d_model: width, decoder_attention_heads: heads} = config
  const name = `model.decoder.layers.${layer}`
  const past = 'past' in source ? source.past[layer] : undefined
  const normed = layerNorm(scope, x, `${name}.self_attn_layer_norm`, width)
  const own = projectKeysAndValues(scope, normed, `${name}.self_attn`, heads, width)
  const self = past === undefined ? own : appendTo(scope, past.self, own)
  const heard = attendTo(scope, normed, `${name}.self_attn`, self, {heads, width, bias: mask})
  const between = graph.node('Add', [x, heard.output])
  const crossNormed = layerNorm(scope, between, `${name}.encoder_attn_layer_norm`, width)
  const cross =
    'states' in source
      ? projectKeysAndValues(scope, source.states, `${name}.encoder_attn`, heads, width)
      : (past?.cross ?? own)
  const seen = attendTo(scope, crossNormed, `${name}.encoder_attn`, cross, {heads, width})
  const states = feedForward(scope, graph.node('Add', [between, seen.output]), name, config, config.decoder_ffn_dim)
  return {
    states,
    present: {self, cross: past === undefined ? cross : emptyCache(scope, config)},
    attention: seen.weights,
  }
}

function appendTo({graph}: Scope, past: KeysAndValues, next: KeysAndValues): KeysAndValues {
  const append = (part: 'key' | 'value') => graph.node('Concat', [past[part], next[part]], {attributes: {axis: 2}})
  return {key: append('key'), value: append('value')}
}

/**
 * What a later pass gives for keys and values of the recording: nothing. They do not change, and to hand them through
 * would copy them at each token. optimum's merged decoders do the same, and readers know it.
 */
function emptyCache({graph}: Scope, {d_model: width, decoder_attention_heads: heads}: WhisperConfig): KeysAndValues {
  const dims = [0, heads, 1, width / heads].map(BigInt)
  const empty = () =>
    graph.node('Constant', [], {attributes: {value: create(TensorProtoSchema, {dataType: DataType.FLOAT, dims})}})
  return {key: empty(), value: empty()}
}

/** Tied logits share the embedding: Gemm takes it as it is, where MatMul would need a transposed copy. */
function logitsOf({graph, weights}: Scope, states: Value, count: Value, config: WhisperConfig): Value {
  const {d_model: width, vocab_size: vocabulary, tie_word_embeddings: tied} = config
  const name = tied || !weights.has('proj_out.weight') ? 'model.decoder.embed_tokens.weight' : 'proj_out.weight'
  const rows = graph.node('Reshape', [states, weights.integers([-1, width])])
  const inputs = [rows, weights.take(name, [vocabulary, width])]
  const logits = graph.node('Gemm', inputs, {name: 'proj_out', attributes: {transB: 1}})
  const shape = graph.node('Concat', [weights.integers([-1]), count, weights.integers([vocabulary])], {
    attributes: {axis: 0},
  })
  return graph.node('Reshape', [logits, shape])
}
