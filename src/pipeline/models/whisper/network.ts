import {Tensor} from 'onnxruntime-node'
import {LinguluError} from '../../errors.js'
import type {Session} from '../../runtime/session.js'
import {type FloatType, floatsOf, floatTensor} from '../../runtime/tensor.js'
import type {WhisperFolder} from '../model-folder.js'
import {concatenateRows, selectRows} from './rows.js'

/** Encoder frames of a 30 s window. */
export const WINDOW_FRAMES = 3000

/** Keys and values of the decoder's attention for some rows, all of the same length. */
export interface Cache {
  /** Tokens in the cache. */
  readonly length: number
  readonly rows: number
  /** By the layer's name in the graph, such as `0.decoder.key`. */
  readonly self: ReadonlyMap<string, Tensor>
  readonly cross: ReadonlyMap<string, Tensor>
}

export interface StepResult {
  /** Logits over the vocabulary, one array a row; the caller may overwrite them. */
  readonly logits: readonly Float32Array[]
  readonly cache: Cache
}

export interface PrefillResult {
  /** `logits(row, position)`: a fresh view that the caller may overwrite. */
  readonly logits: (row: number, position: number) => Float32Array
  readonly cache: Cache
}

export interface AttentionResult {
  readonly logits: (row: number, position: number) => Float32Array
  /** Cross-attention after softmax, [heads × tokens × audio positions] of one row in one layer. */
  readonly attention: (row: number, layer: number) => {readonly weights: Float32Array; readonly tokens: number}
}

interface Sessions {
  readonly encoder: Session
  readonly first: Session
  readonly withPast: Session
}

/** Whisper's two graphs as Hugging Face's optimum exports them, behind one face for both decoder layouts. */
export class Network {
  /** Whether the decoder gives its cross-attention, which word timestamps need. */
  readonly givesAttention: boolean
  readonly #config: WhisperFolder['config']
  readonly #sessions: Sessions
  /** Names of the layers' keys and values, such as `0.decoder.key`. */
  readonly #selfLayers: readonly string[]
  readonly #crossLayers: readonly string[]
  readonly #attentionOutputs: readonly string[]

  private constructor(config: WhisperFolder['config'], sessions: Sessions) {
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

  static async open(
    {encoder, decoder, config}: WhisperFolder,
    open: (path: string) => Promise<Session>,
  ): Promise<Network> {
    const sessions: Session[] = []
    const opening = async (path: string) => {
      const session = await open(path)
      sessions.push(session)
      return session
    }
    try {
      const encoderSession = await opening(encoder)
      const first = await opening(decoder.layout === 'merged' ? decoder.path : decoder.first)
      const withPast = decoder.layout === 'merged' ? first : await opening(decoder.withPast)
      return new Network(config, {encoder: encoderSession, first, withPast})
    } catch (error) {
      await Promise.all(sessions.map(session => session.close()))
      throw error
    }
  }

  /** `features`: mel-major windows [count × mels × 3000] → encoder states [count, 1500, width]. */
  async encode(features: Float32Array, count: number): Promise<Tensor> {
    const {encoder} = this.#sessions
    const windows = new Tensor('float32', features, [count, this.#config.mels, WINDOW_FRAMES])
    const outputs = await encoder.run({input_features: convertTo(encoder, 'input_features', windows)}, [
      'last_hidden_state',
    ])
    return outputOf(outputs, 'last_hidden_state')
  }

  /** First pass over prompts of equal length, a row of `states` each. */
  async prefill(states: Tensor, prompts: readonly (readonly number[])[]): Promise<PrefillResult> {
    const present = [...this.#selfLayers, ...this.#crossLayers].map(name => `present.${name}`)
    const outputs = await this.#sessions.first.run(this.#firstFeeds(states, prompts), ['logits', ...present])
    const cache: Cache = {
      length: prompts[0]?.length ?? 0,
      rows: prompts.length,
      self: collect(outputs, this.#selfLayers),
      cross: collect(outputs, this.#crossLayers),
    }
    return {logits: positionView(outputOf(outputs, 'logits')), cache}
  }

  /** One more token for each row of the cache. */
  async step(cache: Cache, tokens: readonly number[]): Promise<StepResult> {
    const {withPast} = this.#sessions
    const feeds: Record<string, Tensor> = {input_ids: idTensor(tokens.map(token => [token]))}
    for (const part of [cache.self, cache.cross])
      for (const [name, tensor] of part) feeds[`past_key_values.${name}`] = tensor
    if (withPast.inputs.has('use_cache_branch')) feeds.use_cache_branch = new Tensor('bool', [true], [1])
    if (withPast.inputs.has('encoder_hidden_states')) feeds.encoder_hidden_states = unusedStates(withPast, cache.rows)
    const outputs = await withPast.run(feeds, ['logits', ...this.#selfLayers.map(name => `present.${name}`)])
    const view = positionView(outputOf(outputs, 'logits'))
    return {
      logits: tokens.map((_, row) => view(row, 0)),
      cache: {...cache, length: cache.length + 1, self: collect(outputs, this.#selfLayers)},
    }
  }

  /** A pass over whole sequences, padded on the right, that also gives the cross-attention. */
  async attend(states: Tensor, sequences: readonly (readonly number[])[]): Promise<AttentionResult> {
    const longest = Math.max(...sequences.map(sequence => sequence.length))
    const padded = sequences.map(sequence => [...sequence, ...new Array<number>(longest - sequence.length).fill(0)])
    const feeds = this.#firstFeeds(states, padded)
    const outputs = await this.#sessions.first.run(feeds, ['logits', ...this.#attentionOutputs])
    const layers = this.#attentionOutputs.map((_, layer) => floatsOf(outputOf(outputs, `cross_attentions.${layer}`)))
    return {
      logits: positionView(outputOf(outputs, 'logits')),
      attention(row, layer) {
        const values = layers[layer] ?? new Float32Array(0)
        const rowLength = values.length / sequences.length
        return {weights: values.subarray(row * rowLength, (row + 1) * rowLength), tokens: longest}
      },
    }
  }

  async close(): Promise<void> {
    await Promise.all([...new Set(Object.values(this.#sessions))].map(session => session.close()))
  }

  /** Inputs of the first pass. A merged decoder wants a cache there too: an empty one. */
  #firstFeeds(states: Tensor, sequences: readonly (readonly number[])[]): Record<string, Tensor> {
    const {first} = this.#sessions
    const feeds: Record<string, Tensor> = {
      input_ids: idTensor(sequences),
      encoder_hidden_states: convertTo(first, 'encoder_hidden_states', states),
    }
    if (!first.inputs.has('use_cache_branch')) return feeds
    feeds.use_cache_branch = new Tensor('bool', [false], [1])
    for (const [name, {type}] of first.inputs) {
      if (!name.startsWith('past_key_values.')) continue
      const dims = [sequences.length, this.#config.decoderHeads, 0, this.#config.headSize]
      feeds[name] = floatTensor(floatType(type), new Float32Array(0), dims)
    }
    return feeds
  }
}

function collect(outputs: Readonly<Record<string, Tensor>>, names: readonly string[]): Map<string, Tensor> {
  return new Map(names.map(name => [name, outputOf(outputs, `present.${name}`)]))
}

/**
 * The rows `order[0]`, `order[1]`, … of a cache, in that order; a row may come several times. Beams of one window share
 * their cross-attention, so its order is given apart: where beams only change places nothing large is copied.
 */
export function selectCacheRows(cache: Cache, order: readonly number[], crossOrder = order): Cache {
  const select = (part: ReadonlyMap<string, Tensor>, rows: readonly number[]) =>
    new Map([...part].map(([name, tensor]) => [name, selectRows(tensor, rows)]))
  return {...cache, rows: order.length, self: select(cache.self, order), cross: select(cache.cross, crossOrder)}
}

/** One cache with the rows of all; their lengths must agree. */
export function joinCaches(caches: readonly Cache[]): Cache {
  const [head] = caches
  if (head === undefined || caches.some(({length}) => length !== head.length))
    throw new RangeError('Only caches of the same length can be joined.')
  if (caches.length === 1) return head
  const join = (part: 'self' | 'cross') =>
    new Map(
      [...head[part].keys()].map(name => [
        name,
        concatenateRows(caches.map(cache => ({tensor: tensorOf(cache[part], name), row: 0, count: cache.rows}))),
      ]),
    )
  return {
    length: head.length,
    rows: caches.reduce((sum, {rows}) => sum + rows, 0),
    self: join('self'),
    cross: join('cross'),
  }
}

function tensorOf(part: ReadonlyMap<string, Tensor>, name: string): Tensor {
  const tensor = part.get(name)
  if (tensor === undefined) throw new RangeError(`The cache has no ${name}.`)
  return tensor
}

function idTensor(sequences: readonly (readonly number[])[]): Tensor {
  const length = sequences[0]?.length ?? 0
  return new Tensor('int64', BigInt64Array.from(sequences.flat(), BigInt), [sequences.length, length])
}

/** Steps read keys and values from the cache; the graph still names this input. */
function unusedStates(session: Session, rows: number): Tensor {
  const info = session.inputs.get('encoder_hidden_states')
  const dims = [rows, ...(info?.shape.slice(1) ?? []).map(size => (typeof size === 'number' && size > 0 ? size : 1))]
  const length = dims.reduce((product, size) => product * size, 1)
  return floatTensor(floatType(info?.type ?? 'float32'), new Float32Array(length), dims)
}

function convertTo(session: Session, input: string, tensor: Tensor): Tensor {
  const wanted = session.inputs.get(input)?.type
  if (wanted === tensor.type || wanted === undefined) return tensor
  return floatTensor(floatType(wanted), floatsOf(tensor), tensor.dims)
}

function floatType(type: Tensor.Type): FloatType {
  return type === 'float16' ? type : 'float32'
}

function positionView(logits: Tensor): (row: number, position: number) => Float32Array {
  const values = floatsOf(logits)
  const [, positions = 0, vocabulary = 0] = logits.dims
  return (row, position) => {
    const start = (row * positions + position) * vocabulary
    return values.subarray(start, start + vocabulary)
  }
}

function outputOf(outputs: Readonly<Record<string, Tensor>>, name: string): Tensor {
  const tensor = outputs[name]
  if (tensor === undefined) throw new LinguluError('MODEL_INVALID', `The model did not compute ${name}.`)
  return tensor
}
