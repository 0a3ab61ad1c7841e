import {mkdtemp, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {InferenceSession, Tensor} from 'onnxruntime-node'
import type {LogitRules} from '../../src/pipeline/decoding/logit-rules.js'
import type {Search} from '../../src/pipeline/decoding/search.js'
import {buildDecoder} from '../../src/pipeline/export/whisper/decoder.js'
import {buildEncoder} from '../../src/pipeline/export/whisper/encoder.js'
import {type AlignmentHeads, buildFusedDecoder} from '../../src/pipeline/export/whisper/fused/decoder.js'
import {buildFusedEncoder} from '../../src/pipeline/export/whisper/fused/encoder.js'
import type {Model} from '../../src/pipeline/onnx/model.js'
import {writeModel} from '../../src/pipeline/onnx/write-model.js'
import {noise} from './onnx-models.js'
import type {SeededWhisper} from './seeded-whisper.js'

export type Tensors = Readonly<Record<string, Tensor>>

export const integerTensor = (values: readonly number[], shape: readonly number[] = [values.length]) =>
  new Tensor('int64', BigInt64Array.from(values, BigInt), [...shape])
export const floatTensor = (values: readonly number[] | Float32Array, shape: readonly number[] = [values.length]) =>
  new Tensor('float32', Float32Array.from(values), [...shape])
const truth = (values: readonly boolean[], shape: readonly number[] = []) => new Tensor('bool', [...values], [...shape])
const integer = (value: number) => integerTensor([value], [])

/** Rows of a tensor of two dimensions. */
export function rowsOf(tensor: Tensor | undefined): number[][] {
  if (tensor === undefined) throw new Error('The output is missing')
  const [rows = 0, columns = 0] = tensor.dims
  const values = Array.from(tensor.data as Iterable<number | bigint>, Number)
  return Array.from({length: rows}, (_, row) => values.slice(row * columns, (row + 1) * columns))
}

export const valuesOf = (tensor: Tensor | undefined): number[] =>
  Array.from((tensor?.data ?? []) as Iterable<number | bigint | boolean>, Number)

/** The search of a call; what is left out is the plainest. */
export interface Call {
  readonly prompts: readonly (readonly number[])[]
  readonly group?: number
  readonly beam?: boolean
  readonly wanted?: number
  readonly temperature?: number
  /** [rows][steps]. */
  readonly uniforms?: readonly (readonly number[])[]
  readonly maxSteps?: number
  readonly exitAt?: number
  readonly remaining?: readonly number[]
  readonly rules?: Partial<LogitRules> | undefined
  /** End of text, no timestamps, first timestamp, no speech. */
  readonly special?: readonly number[]
  readonly wants?: {readonly logits?: boolean; readonly alignment?: boolean}
  /** Default: of each row, its last token. */
  readonly positions?: readonly (readonly number[])[]
  /** State of an earlier call, in place of a fresh one. */
  readonly state?: Tensors
}

export const SPECIAL_TOKENS = {eot: 80, noTimestamps: 99, timestampBegin: 100, noSpeech: 98}
const {eot, noTimestamps, timestampBegin, noSpeech} = SPECIAL_TOKENS

async function open(model: Model): Promise<InferenceSession> {
  const folder = await mkdtemp(join(tmpdir(), 'lingulu-test-'))
  const path = join(folder, 'model.onnx')
  await writeModel(model, path)
  const session = await InferenceSession.create(path, {logSeverityLevel: 3, intraOpNumThreads: 1})
  await rm(folder, {recursive: true})
  return session
}

/** Both layouts of one model, and windows that both have heard. */
export class FusedWhisper {
  private constructor(
    readonly model: SeededWhisper,
    private readonly sessions: Readonly<
      Record<'encoder' | 'decoder' | 'plainEncoder' | 'plainDecoder', InferenceSession>
    >,
    readonly cross: Tensors,
    private readonly states: Tensor,
  ) {}

  static async open(
    model: SeededWhisper,
    {windows = 1, features, heads, change = async model => model}: OpenOptions = {},
  ): Promise<FusedWhisper> {
    const {config} = model
    const [fused, plain] = [model.context('fused'), model.context('huggingface')]
    const sessions = {
      encoder: await open(await change(buildFusedEncoder(config, fused), 'encoder')),
      decoder: await open(await change(buildFusedDecoder(config, fused, heads), 'decoder')),
      plainEncoder: await open(buildEncoder(config, plain)),
      plainDecoder: await open(buildDecoder(config, plain)),
    }
    const shape = [windows, config.num_mel_bins, 2 * config.max_source_positions]
    const input_features = floatTensor(features ?? noise(shape.reduce((product, size) => product * size, 1)), shape)
    const cross = await sessions.encoder.run({input_features})
    const {last_hidden_state: states} = await sessions.plainEncoder.run({input_features})
    if (states === undefined) throw new Error('The encoder gave no states')
    return new FusedWhisper(model, sessions, cross, states)
  }

  /** A call of the fused decoder. */
  decode(call: Call): Promise<Tensors> {
    return this.sessions.decoder.run({...this.cross, ...this.#feeds(call)})
  }

  /** The merged decoder over whole sequences of one window each: logits of all places, and cross-attentions. */
  async attend(tokens: readonly (readonly number[])[], window = 0): Promise<{logits: number[][][]; outputs: Tensors}> {
    const {model, sessions, states} = this
    const {config} = model
    const [, positions = 0, width = 0] = states.dims
    const length = tokens[0]?.length ?? 0
    const size = positions * width
    const own = (states.data as Float32Array).subarray(window * size, (window + 1) * size)
    const repeated = floatTensor(
      Float32Array.from({length: size * tokens.length}, (_, i) => own[i % size] ?? 0),
      [tokens.length, positions, width],
    )
    const empty = [tokens.length, config.decoder_attention_heads, 0, width / config.decoder_attention_heads]
    const past = sessions.plainDecoder.inputNames.filter(name => name.startsWith('past'))
    const outputs = await sessions.plainDecoder.run({
      input_ids: integerTensor(tokens.flat(), [tokens.length, length]),
      encoder_hidden_states: repeated,
      use_cache_branch: truth([false], [1]),
      ...Object.fromEntries(past.map(name => [name, floatTensor([], empty)])),
    })
    const values = valuesOf(outputs.logits)
    const vocabulary = config.vocab_size
    const at = (row: number, place: number) =>
      values.slice((row * length + place) * vocabulary, (row * length + place + 1) * vocabulary)
    const logits = tokens.map((_, row) => Array.from({length}, (_, place) => at(row, place)))
    return {logits, outputs}
  }

  /** Carries a search out with the merged decoder; gives the continuations of every step. */
  async search(search: Search, prompt: readonly number[], window = 0) {
    const steps: {source: number; token: number}[][] = []
    let rows: (readonly number[])[] = [prompt]
    for (;;) {
      const {logits} = await this.attend(rows, window)
      const next = search.advance(logits.map(places => Float32Array.from(places.at(-1) ?? [])))
      if (next === undefined) return {steps, best: search.best()}
      steps.push(next.map(({source, token}) => ({source, token})))
      rows = next.map(({source, token}) => [...(rows[source] ?? []), token])
    }
  }

  #feeds(call: Call): Tensors {
    const {prompts, group = 1, maxSteps = 1, temperature = 0, state = {}, rules = {}, wants = {}} = call
    const {config} = this.model
    const windows = valuesOf(integerTensor(this.cross['cross_key.0']?.dims ?? []))[0] ?? 0
    const tokens = state.tokens_out ?? paddedTokens(prompts)
    const [rows = 0, columns = 0] = tokens.dims
    const past = state['present_key.0']?.dims[2] ?? 0
    const {positions = Array.from({length: rows}, () => [columns - past - 1])} = call
    const after = windows * group
    const {uniforms = Array.from({length: after}, () => new Array<number>(maxSteps).fill(0))} = call
    const heads = config.decoder_attention_heads
    const empty = floatTensor([], [rows, heads, 0, config.d_model / heads])
    const layers = Array.from({length: config.decoder_layers}, (_, layer) => layer)
    const caches = layers.flatMap(layer =>
      ['key', 'value'].map(part => [`past_${part}.${layer}`, state[`present_${part}.${layer}`] ?? empty] as const),
    )
    const starts = prompts.map(prompt => Math.max(...prompts.map(({length}) => length)) - prompt.length)
    const {remaining = new Array<number>(rows).fill(1000), exitAt = windows, wanted = group} = call
    return {
      ...Object.fromEntries(caches),
      ...ruleFeeds(rules, config.vocab_size),
      special: integerTensor(call.special ?? [eot, noTimestamps, timestampBegin, noSpeech]),
      tokens,
      row_starts: integerTensor(
        Array.from({length: rows}, (_, row) => starts[Math.floor((row * prompts.length) / rows)] ?? 0),
      ),
      positions: integerTensor(positions.flat(), [rows, positions[0]?.length ?? 0]),
      sampled: state.sampled_out ?? integerTensor(new Array<number>(rows).fill(0)),
      sums: state.sums_out ?? floatTensor(new Array<number>(rows).fill(0)),
      finished: state.finished_out ?? truth(new Array<boolean>(rows).fill(false), [rows]),
      remaining: state.remaining_out ?? integerTensor(remaining),
      ended_counts: state.ended_counts_out ?? integerTensor(new Array<number>(windows).fill(0)),
      group: integer(group),
      max_steps: integer(maxSteps),
      exit_at: integer(exitAt),
      beam: truth([call.beam ?? false]),
      wanted: integer(wanted),
      temperature: floatTensor([temperature], []),
      uniforms: floatTensor(uniforms.flat(), [after, uniforms[0]?.length ?? 0]),
      want_logits: truth([wants.logits ?? false]),
      want_alignment: truth([wants.alignment ?? false]),
    }
  }
}

export interface OpenOptions {
  readonly windows?: number
  /** What all windows hear; default: noise. */
  readonly features?: readonly number[]
  readonly heads?: AlignmentHeads
  /** A pass over the fused graphs. */
  readonly change?: (model: Model, part: 'encoder' | 'decoder') => Promise<Model>
}

/** Prompts padded on the left with their first token. */
function paddedTokens(prompts: readonly (readonly number[])[]): Tensor {
  const longest = Math.max(...prompts.map(({length}) => length))
  const padded = prompts.map(prompt => [...new Array<number>(longest - prompt.length).fill(prompt[0] ?? 0), ...prompt])
  return integerTensor(padded.flat(), [prompts.length, longest])
}

function ruleFeeds(rules: Partial<LogitRules>, vocabulary: number): Tensors {
  const {timestamps, suppressed = [], suppressedFirst = []} = rules
  const bans = (tokens: readonly number[]) =>
    floatTensor(Float32Array.from({length: vocabulary}, (_, token) => (tokens.includes(token) ? -Infinity : 0)))
  return {
    suppress: bans(suppressed),
    suppress_first: bans(suppressedFirst),
    timestamp_rules: truth([timestamps !== undefined]),
    max_initial_timestamp: integer(timestamps?.maxInitialIndex ?? 1501),
    repetition_penalty: floatTensor([rules.repetitionPenalty ?? 1], []),
    no_repeat_ngram: integer(rules.noRepeatNgramSize ?? 0),
  }
}
