import type {Wav2Vec2Config} from '../../export/wav2vec2/config.js'
import type {Ops} from '../engine/ops.js'
import {gelu} from '../layers/activations.js'
import {groupedConvolution} from '../layers/grouped-convolution.js'
import {spanMask} from '../layers/span-mask.js'

/** What a checkpoint's architecture is trained with. Rates are shares of values that training sets to 0. */
export interface Wav2Vec2Training {
  readonly attentionDropout: number
  readonly hiddenDropout: number
  readonly activationDropout: number
  readonly projectionDropout: number
  readonly finalDropout: number
  /** Spans of frames that are replaced by one learnt vector. */
  readonly maskTime: SpanSettings
  /** Spans of channels that are set to 0. */
  readonly maskChannels: SpanSettings
  /** Outputs of the head. */
  readonly classes: number
  /** Only the head is trained. */
  readonly frozenBase: boolean
}

export interface SpanSettings {
  /** 0: none. */
  readonly share: number
  readonly length: number
}

interface Scope<T> {
  readonly ops: Ops<T>
  readonly config: Wav2Vec2Config
  readonly training: Wav2Vec2Training
}

/** What the names of the head's weights begin with. */
export const HEAD = 'lm_head'

/**
 * wav2vec 2.0 (Baevski et al., arXiv:2006.11477) or HuBERT with a CTC head, as transformers' `modeling_wav2vec2.py` has it,
 * from the output of the convolutional feature encoder on: features [batch, frames, channels] → logits
 * [batch, frames, classes].
 *
 * Weights have transformers' names. Those of linear layers are [inputs, outputs].
 *
 * Inputs: `features`; `mask` [batch, 1, 1, frames]: far below 0 at padding, else 0; `present` [batch, frames, 1]: 0 at
 * padding, else 1.
 */
export function wav2vec2<T>(ops: Ops<T>, config: Wav2Vec2Config, training: Wav2Vec2Training): T {
  const scope = {ops, config, training}
  const base = config.model_type
  const features = ops.input('features', ['batch', 'frames', config.conv_dim.at(-1) ?? 0])
  const mask = ops.input('mask', ['batch', 1, 1, 'frames'])
  const present = ops.input('present', ['batch', 'frames', 1])
  const projected = project(scope, features, `${base}.feature_projection`)
  const masked = maskSpans(scope, projected, present, `${base}.masked_spec_embed`)
  const states = encoder(scope, ops.multiply(masked, present), mask, `${base}.encoder`)
  return linear(scope, ops.dropout(states, training.finalDropout), HEAD, training.classes, true)
}

function project<T>(scope: Scope<T>, features: T, name: string): T {
  const {ops, config, training} = scope
  const plain = config.model_type === 'hubert' && !config.feat_proj_layer_norm
  const normed = plain ? features : norm(scope, features, `${name}.layer_norm`)
  return ops.dropout(linear(scope, normed, `${name}.projection`, config.hidden_size), training.projectionDropout)
}

function maskSpans<T>(scope: Scope<T>, states: T, present: T, embedding: string): T {
  const {
    ops,
    config: {hidden_size: width},
    training: {maskTime, maskChannels, frozenBase},
  } = scope
  const outside = (spans: T) => ops.subtract(ops.constant([1], []), spans)
  let masked = states
  if (maskTime.share > 0) {
    const spans = spanMask(ops, present, 1, maskTime)
    const vector = ops.parameter(embedding, [width], {trainable: !frozenBase})
    masked = ops.add(ops.multiply(masked, outside(spans)), ops.multiply(spans, vector))
  }
  if (maskChannels.share > 0) {
    // Ones of the batch's size: only inputs know it.
    const zeros = ops.multiply(ops.mean(present, [1], true), ops.constant([0], []))
    const ones = ops.add(zeros, ops.constant(new Float32Array(width).fill(1), [1, 1, width]))
    masked = ops.multiply(masked, outside(spanMask(ops, ones, 2, maskChannels)))
  }
  return masked
}

function encoder<T>(scope: Scope<T>, x: T, mask: T, name: string): T {
  const {ops, config, training} = scope
  const stable = config.do_stable_layer_norm
  const placed = ops.add(x, positions(scope, x, `${name}.pos_conv_embed.conv`))
  const first = stable ? placed : norm(scope, placed, `${name}.layer_norm`)
  let states = ops.dropout(first, training.hiddenDropout)
  for (let layer = 0; layer < config.num_hidden_layers; layer++) {
    states = (stable ? stableLayer : plainLayer)(scope, states, mask, `${name}.layers.${layer}`)
  }
  return stable ? norm(scope, states, `${name}.layer_norm`) : states
}

function positions<T>(scope: Scope<T>, x: T, name: string): T {
  const {ops, config, training} = scope
  const options = {kernel: config.num_conv_pos_embeddings, groups: config.num_conv_pos_embedding_groups}
  const heard = groupedConvolution(ops, x, name, {...options, trainable: !training.frozenBase})
  return activate(ops, heard, config.feat_extract_activation)
}

/** Normalised after each part, as in wav2vec 2.0 base. */
function plainLayer<T>(scope: Scope<T>, x: T, mask: T, name: string): T {
  const {ops, training} = scope
  const attended = ops.dropout(attention(scope, x, mask, `${name}.attention`), training.hiddenDropout)
  const heard = norm(scope, ops.add(x, attended), `${name}.layer_norm`)
  return norm(scope, ops.add(heard, feedForward(scope, heard, `${name}.feed_forward`)), `${name}.final_layer_norm`)
}

/** Normalised before each part, as in wav2vec 2.0 large; with the adapters of MMS where the model has them. */
function stableLayer<T>(scope: Scope<T>, x: T, mask: T, name: string): T {
  const {ops, config, training} = scope
  const attended = attention(scope, norm(scope, x, `${name}.layer_norm`), mask, `${name}.attention`)
  const heard = ops.add(x, ops.dropout(attended, training.hiddenDropout))
  const normed = norm(scope, heard, `${name}.final_layer_norm`)
  const fed = ops.add(heard, feedForward(scope, normed, `${name}.feed_forward`))
  const {adapter_attn_dim: inner, hidden_size: width} = config
  if (inner === undefined || inner === null) return fed
  const adapter = `${name}.adapter_layer`
  const down = linear(scope, norm(scope, fed, `${adapter}.norm`, ADAPTER_EPSILON), `${adapter}.linear_1`, inner)
  return ops.add(fed, linear(scope, ops.relu(down), `${adapter}.linear_2`, width))
}

/** PyTorch's default: the adapters' norms have no setting for it. */
const ADAPTER_EPSILON = 1e-5

function feedForward<T>(scope: Scope<T>, x: T, name: string): T {
  const {ops, config, training} = scope
  const inner = activate(
    ops,
    linear(scope, x, `${name}.intermediate_dense`, config.intermediate_size),
    config.hidden_act,
  )
  const dropped = ops.dropout(inner, training.activationDropout)
  return ops.dropout(linear(scope, dropped, `${name}.output_dense`, config.hidden_size), training.hiddenDropout)
}

function attention<T>(scope: Scope<T>, x: T, mask: T, name: string): T {
  const {ops, config, training} = scope
  const {hidden_size: width, num_attention_heads: heads} = config
  const size = width / heads
  const split = (part: string) =>
    ops.transpose(ops.reshape(linear(scope, x, `${name}.${part}`, width), [0, 0, heads, size]), [0, 2, 1, 3])
  const query = ops.multiply(split('q_proj'), ops.constant([1 / Math.sqrt(size)], []))
  const scores = ops.add(ops.matMul(query, split('k_proj'), {transposeB: true}), mask)
  const weights = ops.dropout(ops.softmax(scores), training.attentionDropout)
  const heard = ops.transpose(ops.matMul(weights, split('v_proj')), [0, 2, 1, 3])
  return linear(scope, ops.reshape(heard, [0, 0, width]), `${name}.out_proj`, width)
}

function linear<T>({ops, training}: Scope<T>, x: T, name: string, outputs: number, head = false): T {
  const trainable = head || !training.frozenBase
  const inputs = Number(ops.shapeOf(x).at(-1))
  const product = ops.matMul(x, ops.parameter(`${name}.weight`, [inputs, outputs], {trainable}))
  return ops.add(product, ops.parameter(`${name}.bias`, [outputs], {trainable}))
}

function norm<T>({ops, config, training}: Scope<T>, x: T, name: string, epsilon = config.layer_norm_eps): T {
  const trainable = !training.frozenBase
  const size = Number(ops.shapeOf(x).at(-1))
  const [gain, bias] = ['weight', 'bias'].map(part => ops.parameter(`${name}.${part}`, [size], {trainable})) as [T, T]
  return ops.layerNorm(x, gain, bias, epsilon)
}

function activate<T>(ops: Ops<T>, x: T, activation: Wav2Vec2Config['hidden_act']): T {
  switch (activation) {
    case 'relu':
      return ops.relu(x)
    case 'gelu':
      return gelu(ops, x)
    case 'gelu_new':
    case 'gelu_pytorch_tanh':
      return geluByTanh(ops, x)
  }
}

/** ½ x · (1 + tanh(√(2 ∕ π) · (x + 0.044715 x³))). */
function geluByTanh<T>(ops: Ops<T>, x: T): T {
  const scalar = (value: number) => ops.constant([value], [])
  const cube = ops.multiply(ops.multiply(x, x), ops.multiply(x, scalar(0.044715)))
  const inner = ops.tanh(ops.multiply(ops.add(x, cube), scalar(Math.sqrt(2 / Math.PI))))
  return ops.multiply(ops.multiply(x, scalar(0.5)), ops.add(inner, scalar(1)))
}
