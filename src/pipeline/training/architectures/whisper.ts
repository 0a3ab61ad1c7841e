import {unfold} from '../layers/convolution.js'
import {attend, type KeysAndValues, splitHeads} from '../layers/heads.js'
import type {WhisperLayers} from './whisper-layers.js'

/** Frames of 10 ms to one state of the encoder. */
export const ENCODER_STRIDE = 2
const KERNEL = 3

/**
 * Whisper's encoder (Radford et al., arXiv:2212.04356; transformers, `WhisperEncoder`): features [batch, time, mels] →
 * states [batch, time ∕ 2, width]. Time is even.
 *
 * @param positions [time ∕ 2, width]
 */
export function whisperEncoder<T>(layers: WhisperLayers<T>, features: T, positions: T): T {
  const {ops, config} = layers
  const {d_model: width, encoder_attention_heads: heads} = config
  const convolve = (x: T, name: string, stride: number) =>
    layers.activate(layers.linear(unfold(ops, x, KERNEL, stride), name, width))
  const first = convolve(features, 'model.encoder.conv1', 1)
  const second = convolve(first, 'model.encoder.conv2', ENCODER_STRIDE)
  let states = layers.dropout(ops.add(second, positions))
  for (let layer = 0; layer < config.encoder_layers; layer++) {
    const name = `model.encoder.layers.${layer}`
    const normed = layers.norm(states, `${name}.self_attn_layer_norm`)
    const own = keysAndValues(layers, normed, `${name}.self_attn`, heads)
    states = ops.add(states, attention(layers, normed, `${name}.self_attn`, own, {heads}))
    states = feedForward(layers, states, name, config.encoder_ffn_dim)
  }
  return layers.norm(states, 'model.encoder.layer_norm')
}

/** What tokens hear. */
export interface DecoderHearing<T> {
  /** Of the recording, for each layer. */
  readonly recording: (layer: number) => KeysAndValues<T>
  /** Far below 0 where a recording has ended, broadcast to [batch, heads, tokens, places]. */
  readonly recordingMask?: T | undefined
  /** Of the tokens, where it is more than the tokens that come in now. */
  readonly tokens?: ((layer: number, coming: KeysAndValues<T>) => KeysAndValues<T>) | undefined
  /** Far below 0 at tokens that come later, broadcast to [batch, heads, tokens, tokens]. */
  readonly tokenMask?: T | undefined
}

/** The decoder: ids [batch, tokens] and their places [tokens] → states [batch, tokens, width]. */
export function whisperDecoder<T>(layers: WhisperLayers<T>, ids: T, places: T, hearing: DecoderHearing<T>): T {
  const {ops, config} = layers
  const {d_model: width, decoder_attention_heads: heads} = config
  const positions = layers.parameter('model.decoder.embed_positions.weight', [config.max_target_positions, width])
  const embedded = ops.gather(embedding(layers), ids)
  let states = layers.dropout(ops.add(embedded, ops.gather(positions, places)))
  for (let layer = 0; layer < config.decoder_layers; layer++) {
    const name = `model.decoder.layers.${layer}`
    const normed = layers.norm(states, `${name}.self_attn_layer_norm`)
    const coming = keysAndValues(layers, normed, `${name}.self_attn`, heads)
    const own = hearing.tokens?.(layer, coming) ?? coming
    const before = attention(layers, normed, `${name}.self_attn`, own, {heads, mask: hearing.tokenMask})
    states = ops.add(states, before)
    const crossNormed = layers.norm(states, `${name}.encoder_attn_layer_norm`)
    const recording = hearing.recording(layer)
    const mask = hearing.recordingMask
    states = ops.add(states, attention(layers, crossNormed, `${name}.encoder_attn`, recording, {heads, mask}))
    states = feedForward(layers, states, name, config.decoder_ffn_dim)
  }
  return layers.norm(states, 'model.decoder.layer_norm')
}

/** Keys and values that the tokens of one layer hear of the encoder's states. */
export function recordingKeysAndValues<T>(layers: WhisperLayers<T>, states: T, layer: number): KeysAndValues<T> {
  const {decoder_attention_heads: heads} = layers.config
  return keysAndValues(layers, states, `model.decoder.layers.${layer}.encoder_attn`, heads)
}

/** Scores of all tokens of the vocabulary, [..., vocabulary]. */
export function whisperLogits<T>(layers: WhisperLayers<T>, states: T): T {
  const {d_model: width, vocab_size: vocabulary, tie_word_embeddings: tied} = layers.config
  const table = tied ? embedding(layers) : layers.parameter('proj_out.weight', [vocabulary, width])
  return layers.ops.matMul(states, table, {transposeB: true})
}

function embedding<T>({parameter, config}: WhisperLayers<T>): T {
  return parameter('model.decoder.embed_tokens.weight', [config.vocab_size, config.d_model])
}

/** Keys have no bias. */
function keysAndValues<T>({ops, config, linear}: WhisperLayers<T>, x: T, name: string, heads: number) {
  const {d_model: width} = config
  return {
    key: splitHeads(ops, linear(x, `${name}.k_proj`, width, {bias: false}), heads),
    value: splitHeads(ops, linear(x, `${name}.v_proj`, width), heads),
  }
}

function attention<T>(
  {ops, config, linear, dropout}: WhisperLayers<T>,
  x: T,
  name: string,
  heard: KeysAndValues<T>,
  {heads, mask}: {readonly heads: number; readonly mask?: T | undefined},
): T {
  const {d_model: width} = config
  const query = splitHeads(ops, linear(x, `${name}.q_proj`, width), heads)
  return dropout(linear(attend(ops, query, heard, mask), `${name}.out_proj`, width))
}

function feedForward<T>(
  {ops, config, norm, linear, activate, dropout}: WhisperLayers<T>,
  x: T,
  name: string,
  neurons: number,
): T {
  const inner = activate(linear(norm(x, `${name}.final_layer_norm`), `${name}.fc1`, neurons))
  return ops.add(x, dropout(linear(inner, `${name}.fc2`, config.d_model)))
}
