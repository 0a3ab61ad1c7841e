import {Tensor} from 'onnxruntime-node'
import {LinguluError} from '../../errors.js'
import type {Session} from '../../runtime/session.js'
import {floatsOf, floatTensor} from '../../runtime/tensor.js'
import type {WhisperFolder} from '../model-folder.js'
import {alignmentHeadsOf} from './alignment-heads.js'
import {type Cache, splitRows, stackRows} from './cache.js'
import {convertTo, floatType, idTensor, outputOf, padRight, positionView} from './graph-tensors.js'
import {
  type AttentionResult,
  type EncodedWindow,
  type Network,
  type PrefillResult,
  type StepResult,
  WINDOW_FRAMES,
} from './network.js'

export interface OptimumSessions {
  readonly encoder: Session
  readonly first: Session
  /** The same session as `first` where the decoder is merged. */
  readonly withPast: Session
}

const STATES = 'encoder_hidden_states'

/** Whisper's two graphs as Hugging Face's optimum exports them, behind one face for both decoder layouts. */
export class OptimumNetwork implements Network {
  readonly givesAttention: boolean
  readonly #config: WhisperFolder['config']
  readonly #sessions: OptimumSessions
  /** Names of the layers' keys and values, such as `0.decoder.key`. */
  readonly #selfLayers: readonly string[]
  readonly #crossLayers: readonly string[]
  readonly #attentionOutputs: readonly string[]

  /** @throws LinguluError MODEL_INVALID for a decoder without keys and values */
  constructor(config: WhisperFolder['config'], sessions: OptimumSessions) {
    const outputs = [...sessions.first.outputs.keys()]
    const layers = (part: string) =>
      outputs.filter(name => name.startsWith('present.') && name.includes(`.${part}.`)).map(name => name.slice(8))
    this.#config = config
    this.#sessions = sessions
    this.#selfLayers = layers('decoder')
    this.#crossLayers = layers('encoder')
    this.#attentionOutputs = outputs.filter(name => name.startsWith('cross_attentions.'))
    this.givesAttention = this.#attentionOutputs.length >= config.decoderLayers
    if (this.#selfLayers.length === 0 || this.#crossLayers.length === 0)
      throw new LinguluError(
        'MODEL_INVALID',
        `${sessions.first.path}: no outputs named present.N.decoder.key and present.N.encoder.key`,
        {hint: 'Export the decoder with keys and values (optimum: --task automatic-speech-recognition-with-past).'},
      )
  }

  /** The encoder's states, [1, 1500, width] of each window. */
  async encode(features: Float32Array, count: number): Promise<readonly EncodedWindow[]> {
    const {encoder} = this.#sessions
    const windows = new Tensor('float32', features, [count, this.#config.mels, WINDOW_FRAMES])
    const outputs = await encoder.run({input_features: convertTo(encoder, 'input_features', windows)}, [
      'last_hidden_state',
    ])
    return splitRows(new Map([[STATES, outputOf(outputs, 'last_hidden_state')]]), count)
  }

  async prefill(windows: readonly EncodedWindow[], prompts: readonly (readonly number[])[]): Promise<PrefillResult> {
    const present = [...this.#selfLayers, ...this.#crossLayers].map(name => `present.${name}`)
    const outputs = await this.#sessions.first.run(this.#firstFeeds(windows, prompts), ['logits', ...present])
    const cache: Cache = {
      length: prompts[0]?.length ?? 0,
      rows: prompts.length,
      self: collect(outputs, this.#selfLayers),
      cross: collect(outputs, this.#crossLayers),
    }
    return {logits: positionView(outputOf(outputs, 'logits')), cache}
  }

  async step(cache: Cache, tokens: readonly number[]): Promise<StepResult> {
    const {withPast} = this.#sessions
    const feeds: Record<string, Tensor> = {input_ids: idTensor(tokens.map(token => [token]))}
    for (const part of [cache.self, cache.cross])
      for (const [name, tensor] of part) feeds[`past_key_values.${name}`] = tensor
    if (withPast.inputs.has('use_cache_branch')) feeds.use_cache_branch = new Tensor('bool', [true], [1])
    if (withPast.inputs.has(STATES)) feeds[STATES] = unusedStates(withPast, cache.rows)
    const outputs = await withPast.run(feeds, ['logits', ...this.#selfLayers.map(name => `present.${name}`)])
    const view = positionView(outputOf(outputs, 'logits'))
    return {
      logits: tokens.map((_, row) => view(row, 0)),
      cache: {...cache, length: cache.length + 1, self: collect(outputs, this.#selfLayers)},
    }
  }

  async attend(windows: readonly EncodedWindow[], sequences: readonly (readonly number[])[]): Promise<AttentionResult> {
    const padded = padRight(sequences, 0)
    const outputs = await this.#sessions.first.run(this.#firstFeeds(windows, padded), [
      'logits',
      ...this.#attentionOutputs,
    ])
    const {audioContext, decoderHeads} = this.#config
    const headSize = (padded[0]?.length ?? 0) * audioContext
    const layers = this.#attentionOutputs.map((_, layer) => floatsOf(outputOf(outputs, `cross_attentions.${layer}`)))
    const headAt = (row: number, [layer, head]: readonly [number, number]) => {
      const start = (row * decoderHeads + head) * headSize
      return {
        weights: (layers[layer] ?? new Float32Array(0)).subarray(start, start + headSize),
        positions: audioContext,
      }
    }
    return {
      logits: positionView(outputOf(outputs, 'logits')),
      heads: row => alignmentHeadsOf(this.#config).map(head => headAt(row, head)),
    }
  }

  async close(): Promise<void> {
    await Promise.all([...new Set(Object.values(this.#sessions))].map(session => session.close()))
  }

  /** Inputs of the first pass. A merged decoder wants a cache there too: an empty one. */
  #firstFeeds(windows: readonly EncodedWindow[], sequences: readonly (readonly number[])[]): Record<string, Tensor> {
    const {first} = this.#sessions
    const feeds: Record<string, Tensor> = {input_ids: idTensor(sequences)}
    for (const [name, states] of stackRows(windows)) feeds[name] = convertTo(first, name, states)
    if (!first.inputs.has('use_cache_branch')) return feeds
    feeds.use_cache_branch = new Tensor('bool', [false], [1])
    for (const [name, {type, shape}] of first.inputs) {
      if (!name.startsWith('past_key_values.')) continue
      // The graph knows best: pruned layers have fewer heads than the configuration says.
      const [, heads, , size] = shape
      const sizeOr = (found: unknown, otherwise: number) => (typeof found === 'number' && found > 0 ? found : otherwise)
      const dims = [sequences.length, sizeOr(heads, this.#config.decoderHeads), 0, sizeOr(size, this.#config.headSize)]
      feeds[name] = floatTensor(floatType(type), new Float32Array(0), dims)
    }
    return feeds
  }
}

function collect(outputs: Readonly<Record<string, Tensor>>, names: readonly string[]): Map<string, Tensor> {
  return new Map(names.map(name => [name, outputOf(outputs, `present.${name}`)]))
}

/** Steps read keys and values from the cache; the graph still names this input. */
function unusedStates(session: Session, rows: number): Tensor {
  const info = session.inputs.get(STATES)
  const dims = [rows, ...(info?.shape.slice(1) ?? []).map(size => (typeof size === 'number' && size > 0 ? size : 1))]
  const length = dims.reduce((product, size) => product * size, 1)
  return floatTensor(floatType(info?.type ?? 'float32'), new Float32Array(length), dims)
}
