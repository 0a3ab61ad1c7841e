import {Tensor} from 'onnxruntime-node'
import {LinguluError} from '../../errors.js'
import type {Session} from '../../runtime/session.js'
import type {FloatType} from '../../runtime/tensor.js'
import type {WhisperFolder} from '../model-folder.js'
import {type RowTensors, splitRows} from './cache.js'
import {convertTo, floatType, outputOf} from './graph-tensors.js'
import {type EncodedWindow, WINDOW_FRAMES} from './network.js'

export interface FusedSessions {
  readonly encoder: Session
  readonly decoder: Session
}

export type Tensors = Readonly<Record<string, Tensor>>

/**
 * The two graphs of the fused layout. The encoder gives the keys and values of the decoder's cross-attention; the decoder
 * holds the loop over tokens with filters and search (inputs and outputs: docs/models.md).
 */
export class FusedGraph {
  readonly config: WhisperFolder['config']
  /** Whether the decoder gives the cross-attention of its alignment heads. */
  readonly givesAttention: boolean
  /** `key.0`, `value.0`, `key.1`, …: what stands behind `past_`, `present_` and `cross_`. */
  readonly cacheNames: readonly string[]
  /** Of the cache. */
  readonly cacheType: FloatType
  readonly #sessions: FusedSessions

  /** @throws LinguluError MODEL_INVALID for graphs of another layout */
  constructor(config: WhisperFolder['config'], sessions: FusedSessions) {
    const layers = Array.from({length: config.decoderLayers}, (_, layer) => layer)
    this.config = config
    this.cacheNames = layers.flatMap(layer => [`key.${layer}`, `value.${layer}`])
    this.#sessions = sessions
    const {encoder, decoder} = sessions
    requireNames(
      encoder.path,
      encoder.outputs,
      this.cacheNames.map(name => `cross_${name}`),
    )
    requireNames(decoder.path, decoder.inputs, [
      ...this.cacheNames.flatMap(name => [`past_${name}`, `cross_${name}`]),
      'tokens',
      'max_steps',
    ])
    requireNames(decoder.path, decoder.outputs, [...this.cacheNames.map(name => `present_${name}`), 'chosen'])
    this.givesAttention = decoder.outputs.has('alignment')
    this.cacheType = floatType(decoder.inputs.get('past_key.0')?.type ?? 'float32')
  }

  /** `features`: mel-major windows [count × mels × 3000]. */
  async encode(features: Float32Array, count: number): Promise<readonly EncodedWindow[]> {
    const {encoder, decoder} = this.#sessions
    const windows = new Tensor('float32', features, [count, this.config.mels, WINDOW_FRAMES])
    const names = this.cacheNames.map(name => `cross_${name}`)
    const outputs = await encoder.run({input_features: convertTo(encoder, 'input_features', windows)}, names)
    const states = new Map(names.map(name => [name, convertTo(decoder, name, outputOf(outputs, name))]))
    return splitRows(states, count)
  }

  /** Runs the decoder. Inputs it does not have are left out: exporters drop those that a model has no use for. */
  run(feeds: Tensors, fetches: readonly string[]): Promise<Tensors> {
    return this.#sessions.decoder.run(feeds, fetches)
  }

  /** The cache before the first token. */
  emptyCache(rows: number): Tensors {
    const {decoderHeads, headSize} = this.config
    const dims = [rows, decoderHeads, 0, headSize]
    const empty = () =>
      this.cacheType === 'float32'
        ? new Tensor('float32', new Float32Array(0), dims)
        : new Tensor('float16', new Uint16Array(0), dims)
    return Object.fromEntries(this.cacheNames.map(name => [`past_${name}`, empty()]))
  }

  async close(): Promise<void> {
    await Promise.all(Object.values(this.#sessions).map((session: Session) => session.close()))
  }
}

function requireNames(path: string, present: ReadonlyMap<string, unknown>, names: readonly string[]): void {
  const missing = names.filter(name => !present.has(name))
  if (missing.length === 0) return
  throw new LinguluError('MODEL_INVALID', `${path} lacks ${missing.slice(0, 3).join(', ')}, which a fused graph has.`, {
    hint: 'Export the model again: `lingulu export`.',
  })
}

/** The feeds of a set of tensors by name. */
export function feedsOf(tensors: RowTensors): Tensors {
  return Object.fromEntries(tensors)
}
