import {mkdir, readFile, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {create} from '@bufbuild/protobuf'
import {openCheckpoint} from '../../../src/pipeline/export/checkpoint.js'
import type {GraphContext} from '../../../src/pipeline/export/graph-context.js'
import {GraphWeights} from '../../../src/pipeline/export/graph-weights.js'
import {activate, layerNorm, linear, type Scope, splitHeads} from '../../../src/pipeline/export/layers.js'
import {attendTo, feedForward, projectKeysAndValues} from '../../../src/pipeline/export/whisper/blocks.js'
import {WhisperConfig} from '../../../src/pipeline/export/whisper/config.js'
import {GraphBuilder, type Value} from '../../../src/pipeline/onnx/graph-builder.js'
import type {Model} from '../../../src/pipeline/onnx/model.js'
import {TensorProto_DataType as DataType, StringStringEntryProtoSchema} from '../../../src/pipeline/onnx/onnx-ml_pb.js'
import {floatTensor} from '../../../src/pipeline/onnx/tensor.js'
import {writeModel} from '../../../src/pipeline/onnx/write-model.js'
import {tokenBytes} from './token-bytes.js'

const BUILD = {opset: 17}
const MASKED = -3.4e38

/**
 * Writes a Whisper checkpoint in sherpa-onnx's layout (its `scripts/whisper/export-onnx.py`): an encoder that gives keys
 * and values of all layers in two tensors, a decoder with a cache of full length in two others, `tokens.txt`. The
 * decoder's cache is put together from slices where that export scatters into a copy: not more work.
 */
export async function writeSherpa(checkpointFolder: string, out: string): Promise<void> {
  const checkpoint = await openCheckpoint(checkpointFolder)
  const config = WhisperConfig.parse(JSON.parse(await readFile(join(checkpointFolder, 'config.json'), 'utf8')))
  const context: GraphContext = {
    checkpoint,
    used: new Set(),
    build: BUILD,
    layout: 'huggingface',
    crossAttentions: false,
  }
  await mkdir(out, {recursive: true})
  const encoder = encoderModel(config, context)
  encoder.proto.metadataProps = Object.entries(await metadata(checkpointFolder, config)).map(([key, value]) =>
    create(StringStringEntryProtoSchema, {key, value: String(value)}),
  )
  await writeModel(encoder, join(out, 'encoder.onnx'))
  await writeModel(decoderModel(config, context), join(out, 'decoder.onnx'))
  const tokens = await tokenBytes(checkpointFolder)
  const lines = tokens.map((bytes, id) => `${Buffer.from(bytes).toString('base64')} ${id}\n`)
  await writeFile(join(out, 'tokens.txt'), lines.join(''))
}

function scopeOf(name: string, {checkpoint, used}: GraphContext): Scope {
  const graph = new GraphBuilder(name)
  return {graph, weights: new GraphWeights(graph, checkpoint, used)}
}

function encoderModel(config: WhisperConfig, context: GraphContext): Model {
  const scope = scopeOf('encoder', context)
  const {graph, weights} = scope
  const {d_model: width, num_mel_bins: mels, max_source_positions: positions, encoder_attention_heads: heads} = config
  let states = graph.input('mel', DataType.FLOAT, ['n_audio', mels, 2 * positions])
  for (const [name, inputs, stride] of [['conv1', mels, 1] as const, ['conv2', width, 2] as const]) {
    const path = `model.encoder.${name}`
    const kernel = weights.take(`${path}.weight`, [width, inputs, 3])
    const attributes = {kernel_shape: [3], strides: [stride], pads: [1, 1]}
    states = graph.node('Conv', [states, kernel, weights.take(`${path}.bias`, [width])], {attributes})
    states = activate(scope, states, config.activation_function)
  }
  states = graph.node('Transpose', [states], {attributes: {perm: [0, 2, 1]}})
  states = graph.node('Add', [states, weights.take('model.encoder.embed_positions.weight', [positions, width])])
  for (let layer = 0; layer < config.encoder_layers; layer++) {
    const name = `model.encoder.layers.${layer}`
    const normed = layerNorm(scope, states, `${name}.self_attn_layer_norm`, width)
    const own = projectKeysAndValues(scope, normed, `${name}.self_attn`, heads, width)
    const {output} = attendTo(scope, normed, `${name}.self_attn`, own, {heads, width})
    states = feedForward(scope, graph.node('Add', [states, output]), name, config, config.encoder_ffn_dim)
  }
  states = layerNorm(scope, states, 'model.encoder.layer_norm', width)
  const sizes = {inputs: width, outputs: width}
  const project = (layer: number, part: 'k_proj' | 'v_proj') =>
    linear(scope, states, `model.decoder.layers.${layer}.encoder_attn.${part}`, sizes, part === 'v_proj')
  const shape = [config.decoder_layers, 'n_audio', positions, width]
  graph.output(
    stack(
      scope,
      layersOf(config).map(layer => project(layer, 'k_proj')),
    ),
    DataType.FLOAT,
    shape,
    'n_layer_cross_k',
  )
  graph.output(
    stack(
      scope,
      layersOf(config).map(layer => project(layer, 'v_proj')),
    ),
    DataType.FLOAT,
    shape,
    'n_layer_cross_v',
  )
  return graph.build(BUILD)
}

const layersOf = ({decoder_layers}: WhisperConfig) => Array.from({length: decoder_layers}, (_, layer) => layer)

function stack({graph, weights}: Scope, values: readonly Value[]): Value {
  const rows = values.map(value => graph.node('Unsqueeze', [value, weights.integers([0])]))
  return graph.node('Concat', rows, {attributes: {axis: 0}})
}

function decoderModel(config: WhisperConfig, context: GraphContext): Model {
  const scope = scopeOf('decoder', context)
  const {graph, weights} = scope
  const {d_model: width, decoder_attention_heads: heads, max_target_positions: length, vocab_size: vocabulary} = config
  const ids = graph.input('tokens', DataType.INT64, ['n_audio', 'n_tokens'])
  const cacheShape = [config.decoder_layers, 'n_audio', length, width]
  const crossShape = [config.decoder_layers, 'n_audio', 'T', width]
  const [pastKeys, pastValues] = ['k', 'v'].map(part =>
    graph.input(`in_n_layer_self_${part}_cache`, DataType.FLOAT, cacheShape),
  )
  const [crossKeys, crossValues] = ['k', 'v'].map(part =>
    graph.input(`n_layer_cross_${part}`, DataType.FLOAT, crossShape),
  )
  const offset = graph.input('offset', DataType.INT64, [1])
  const count = graph.node('Shape', [ids], {attributes: {start: 1, end: 2}})
  const end = graph.node('Add', [offset, count])
  const embedding = weights.take('model.decoder.embed_tokens.weight', [vocabulary, width])
  const table = weights.take('model.decoder.embed_positions.weight', [length, width])
  const slice = (x: Value, from: Value, to: Value, axis: number) =>
    graph.node('Slice', [x, from, to, weights.integers([axis])])
  let states = graph.node('Add', [graph.node('Gather', [embedding, ids]), slice(table, offset, end, 0)])
  const full = graph.node('ConstantOfShape', [graph.node('Concat', [count, end], {attributes: {axis: 0}})], {
    attributes: {value: floatTensor('value', [MASKED], [1])},
  })
  const diagonal = graph.node('Squeeze', [graph.node('Add', [offset, weights.integers([1])]), weights.integers([0])])
  const bias = graph.node('Trilu', [full, diagonal], {attributes: {upper: 1}})
  const pick = (all: Value | undefined, layer: number) =>
    graph.node('Squeeze', [
      slice(all ?? '', weights.integers([layer]), weights.integers([layer + 1]), 0),
      weights.integers([0]),
    ])
  const split = (x: Value) => splitHeads(scope, x, heads, width / heads)
  const sizes = {inputs: width, outputs: width}
  const made: {key: Value; value: Value}[] = []
  for (const layer of layersOf(config)) {
    const name = `model.decoder.layers.${layer}`
    const normed = layerNorm(scope, states, `${name}.self_attn_layer_norm`, width)
    const append = (past: Value | undefined, part: 'k_proj' | 'v_proj') => {
      const own = linear(scope, normed, `${name}.self_attn.${part}`, sizes, part === 'v_proj')
      const cache = pick(past, layer)
      const now = graph.node('Concat', [slice(cache, weights.integers([0]), offset, 1), own], {attributes: {axis: 1}})
      const rest = slice(cache, end, weights.integers([length]), 1)
      return {now, whole: graph.node('Concat', [now, rest], {attributes: {axis: 1}})}
    }
    const [key, value] = [append(pastKeys, 'k_proj'), append(pastValues, 'v_proj')]
    made.push({key: key.whole, value: value.whole})
    const own = {key: split(key.now), value: split(value.now)}
    const heard = attendTo(scope, normed, `${name}.self_attn`, own, {heads, width, bias})
    states = graph.node('Add', [states, heard.output])
    const crossNormed = layerNorm(scope, states, `${name}.encoder_attn_layer_norm`, width)
    const cross = {key: split(pick(crossKeys, layer)), value: split(pick(crossValues, layer))}
    const seen = attendTo(scope, crossNormed, `${name}.encoder_attn`, cross, {heads, width})
    states = feedForward(scope, graph.node('Add', [states, seen.output]), name, config, config.decoder_ffn_dim)
  }
  states = layerNorm(scope, states, 'model.decoder.layer_norm', width)
  const rows = graph.node('Reshape', [states, weights.integers([-1, width])])
  const logits = graph.node('Gemm', [rows, embedding], {attributes: {transB: 1}})
  const shape = graph.node('Concat', [weights.integers([-1]), count, weights.integers([vocabulary])], {
    attributes: {axis: 0},
  })
  graph.output(graph.node('Reshape', [logits, shape]), DataType.FLOAT, ['n_audio', 'n_tokens', vocabulary], 'logits')
  graph.output(
    stack(
      scope,
      made.map(({key}) => key),
    ),
    DataType.FLOAT,
    cacheShape,
    'out_n_layer_self_k_cache',
  )
  graph.output(
    stack(
      scope,
      made.map(({value}) => value),
    ),
    DataType.FLOAT,
    cacheShape,
    'out_n_layer_self_v_cache',
  )
  return graph.build(BUILD)
}

/** What sherpa-onnx reads off the encoder. Special tokens are those of the multilingual vocabulary of 51,865. */
async function metadata(folder: string, config: WhisperConfig): Promise<Record<string, string | number>> {
  const generation: {lang_to_id: Record<string, number>; no_timestamps_token_id: number} = JSON.parse(
    await readFile(join(folder, 'generation_config.json'), 'utf8'),
  )
  const languages = Object.entries(generation.lang_to_id).sort(([, a], [, b]) => a - b)
  const [sot, transcribe, translate] = [50_258, 50_359, 50_358]
  return {
    model_type: 'whisper-peers',
    version: 1,
    maintainer: 'lingulu benchmark',
    n_mels: config.num_mel_bins,
    n_audio_ctx: config.max_source_positions,
    n_audio_state: config.d_model,
    n_audio_head: config.encoder_attention_heads,
    n_audio_layer: config.encoder_layers,
    n_vocab: config.vocab_size,
    n_text_ctx: config.max_target_positions,
    n_text_state: config.d_model,
    n_text_head: config.decoder_attention_heads,
    n_text_layer: config.decoder_layers,
    sot_sequence: [sot, languages[0]?.[1], transcribe].join(','),
    all_language_tokens: languages.map(([, id]) => id).join(','),
    all_language_codes: languages.map(([token]) => token.slice(2, -2)).join(','),
    sot,
    sot_index: 0,
    eot: 50_257,
    blank_id: 220,
    is_multilingual: 1,
    no_speech: 50_362,
    non_speech_tokens: '',
    transcribe,
    translate,
    sot_prev: 50_361,
    sot_lm: 50_360,
    no_timestamps: generation.no_timestamps_token_id,
  }
}
