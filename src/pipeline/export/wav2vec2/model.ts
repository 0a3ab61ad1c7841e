import {LinguluError} from '../../errors.js'
import {GraphBuilder, type Value} from '../../onnx/graph-builder.js'
import type {Model} from '../../onnx/model.js'
import {TensorProto_DataType as DataType} from '../../onnx/onnx-ml_pb.js'
import {FUSED_DOMAINS} from '../fused-domains.js'
import type {GraphContext} from '../graph-context.js'
import {GraphWeights} from '../graph-weights.js'
import {linear, type Scope} from '../layers.js'
import type {Layout} from '../layouts.js'
import {type Attention, attention} from './attention.js'
import {labelCount, type Wav2Vec2Config} from './config.js'
import {encoder} from './encoder.js'
import {featureExtractor} from './feature-extractor.js'
import {fusedAttention} from './fused-attention.js'
import {unfoldedExtractor} from './unfolded-extractor.js'

export type Wav2Vec2Head = 'ctc' | 'audio-classification'

/** What the layouts make differently. */
const PARTS: Readonly<Record<Layout, {extractor: typeof featureExtractor; attention: Attention}>> = {
  fused: {extractor: unfoldedExtractor, attention: fusedAttention},
  huggingface: {extractor: featureExtractor, attention},
  split: {extractor: featureExtractor, attention},
}

/**
 * `model.onnx`: waveform [batch, samples] → logits, [batch, frames, vocabulary] for CTC and [batch, labels] for
 * audio classification. Recordings of one batch have the same length: there is no mask.
 */
export function buildWav2Vec2(head: Wav2Vec2Head, config: Wav2Vec2Config, context: GraphContext): Model {
  const {checkpoint, used, build, layout} = context
  const parts = PARTS[layout]
  const graph = new GraphBuilder('model')
  const scope: Scope = {graph, weights: new GraphWeights(graph, checkpoint, used)}
  const waveform = graph.input('input_values', DataType.FLOAT, ['batch_size', 'sequence_length'])
  const base = config.model_type
  const frames = parts.extractor(scope, waveform, base, config)
  const states = encoder(scope, frames, {name: `${base}.encoder`, attention: parts.attention}, config)
  if (head === 'ctc') {
    const sizes = {inputs: config.hidden_size, outputs: config.vocab_size}
    const logits = linear(scope, states.at(-1) ?? '', 'lm_head', sizes)
    graph.output(logits, DataType.FLOAT, ['batch_size', 'frames', config.vocab_size], 'logits')
  } else {
    const logits = classify(scope, states, config, checkpoint.path)
    graph.output(logits, DataType.FLOAT, ['batch_size', labelCount(config)], 'logits')
  }
  return graph.build(layout === 'fused' ? {...build, domains: {...build.domains, ...FUSED_DOMAINS}} : build)
}

/** A projection of each frame, the mean over time, and a layer over that. */
function classify(scope: Scope, states: readonly Value[], config: Wav2Vec2Config, path: string): Value {
  const {graph, weights} = scope
  if (config.use_weighted_layer_sum)
    throw new LinguluError('MODEL_INVALID', `${path}/config.json: use_weighted_layer_sum is not exported yet.`)
  const {hidden_size: inputs, classifier_proj_size: size} = config
  const projected = linear(scope, states.at(-1) ?? '', 'projector', {inputs, outputs: size})
  const turned = graph.node('Transpose', [projected], {attributes: {perm: [0, 2, 1]}})
  const mean = graph.node('Reshape', [graph.node('GlobalAveragePool', [turned]), weights.integers([-1, size])])
  return linear(scope, mean, 'classifier', {inputs: size, outputs: labelCount(config)})
}
