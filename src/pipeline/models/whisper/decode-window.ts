import type {LogitRules} from '../../decoding/logit-rules.js'
import {roundHalfEven} from '../../decoding/round-half-even.js'
import type {SearchPlan} from '../../decoding/search-plan.js'
import {compressionRatio} from '../../text/compression-ratio.js'
import {strip} from '../../text/strip.js'
import type {WhisperTokenizer} from '../../text/whisper-tokenizer.js'
import type {EncodedWindow} from './network.js'
import type {WhisperOptions} from './options.js'
import type {WindowContext, WindowDecoder} from './window-decoder.js'

export interface WindowResult {
  readonly tokens: readonly number[]
  readonly temperature: number
  readonly averageLogProbability: number
  readonly compressionRatio: number
  readonly noSpeechProbability: number
}

export interface WindowWriter {
  readonly decoder: WindowDecoder
  readonly tokenizer: WhisperTokenizer
  readonly options: WhisperOptions
  readonly rules: LogitRules
  readonly sotSequence: readonly number[]
  /** Positions of the text decoder. */
  readonly textContext: number
}

/** Seconds between timestamp tokens. */
const TIMESTAMP_SECONDS = 0.02

/** What may be written at each step; the same for all windows of a recording. */
export function logitRules(tokenizer: WhisperTokenizer, options: WhisperOptions): LogitRules {
  const {maxInitialTimestampSeconds, suppressTokens} = options
  const {eot, noTimestamps, timestampBegin} = tokenizer
  const maxInitialIndex = maxInitialTimestampSeconds
    ? roundHalfEven(maxInitialTimestampSeconds / TIMESTAMP_SECONDS)
    : undefined
  return {
    eot,
    noTimestamps,
    timestampBegin,
    repetitionPenalty: options.repetitionPenalty,
    noRepeatNgramSize: options.noRepeatNgramSize,
    suppressedFirst: options.suppressBlank ? [...tokenizer.encode(' '), eot] : [],
    suppressed: suppressTokens.length > 0 ? suppressedTokens(tokenizer, suppressTokens) : [],
    timestamps: options.withoutTimestamps ? undefined : {maxInitialIndex},
  }
}

/**
 * Decodes a window at one temperature after the other until a result passes the thresholds; the last one stands
 * (openai/whisper `decode_with_fallback`).
 *
 * @param history prompt and earlier text of the recording
 * @param seek first frame of the window: with the seed, it decides what is sampled
 */
export async function decodeWindow(
  writer: WindowWriter,
  window: EncodedWindow,
  history: readonly number[],
  seek: number,
  context: WindowContext,
): Promise<WindowResult> {
  const prompt = promptTokens(writer, history)
  let result: WindowResult | undefined
  for (const temperature of writer.options.temperatures) {
    result = await decodeAt(writer, window, prompt, temperature, seek, context)
    if (!hasFailed(result, writer.options)) break
  }
  if (result === undefined) throw new Error('At least one temperature is needed.')
  return result
}

async function decodeAt(
  writer: WindowWriter,
  window: EncodedWindow,
  prompt: readonly number[],
  temperature: number,
  seek: number,
  context: WindowContext,
): Promise<WindowResult> {
  const {tokenizer, decoder, rules} = writer
  const plan = searchPlan(writer, temperature, seek)
  const sotIndex = prompt.indexOf(tokenizer.sot)
  const {best, noSpeechProbability} = await decoder.decode(
    {window, prompt, sotIndex, noSpeech: tokenizer.noSpeech, plan, rules},
    context,
  )
  const {tokens, sumLogProbability} = best
  return {
    tokens,
    temperature,
    averageLogProbability: sumLogProbability / (tokens.length + 1),
    compressionRatio: compressionRatio(strip(tokenizer.decode(tokens))),
    noSpeechProbability,
  }
}

function searchPlan({options, textContext}: WindowWriter, temperature: number, seek: number): SearchPlan {
  const common = {
    lengthPenalty: options.lengthPenalty ?? undefined,
    maxSampledTokens: options.sampleLength ?? textContext >> 1,
    contextLength: Math.min(textContext, (options.maxLength ?? textContext + 1) - 1),
  }
  if (temperature === 0 && options.beamSize !== null)
    return {...common, kind: 'beam', beamSize: options.beamSize, patience: options.patience ?? 1}
  return {
    ...common,
    kind: 'sampling',
    temperature,
    bestOf: temperature === 0 ? 1 : (options.bestOf ?? 1),
    topK: options.topK ?? undefined,
    topP: options.topP ?? undefined,
    seed: [options.seed, seek, temperature],
  }
}

/** `<|startofprev|>`, as much of the history as fits half the context, the start sequence, and the prefix. */
function promptTokens(
  {tokenizer, options, sotSequence, textContext}: WindowWriter,
  history: readonly number[],
): number[] {
  const half = textContext >> 1
  const previous = history.length > 0 ? [tokenizer.sotPrev, ...history.slice(-(half - 1))] : []
  if (options.prefix === null) return [...previous, ...sotSequence]
  const prefix = tokenizer.encode(` ${strip(options.prefix)}`)
  // slice(-0) is the whole prefix, as in the reference: a full sample length leaves the prefix uncut.
  return [...previous, ...sotSequence, ...prefix.slice(-Math.max(0, half - (options.sampleLength ?? half)))]
}

function hasFailed(result: WindowResult, options: WhisperOptions): boolean {
  const {compressionRatioThreshold, logprobThreshold, noSpeechThreshold} = options
  const improbable = logprobThreshold !== null && result.averageLogProbability < logprobThreshold
  if (improbable && noSpeechThreshold !== null && result.noSpeechProbability > noSpeechThreshold) return false
  const repetitive = compressionRatioThreshold !== null && result.compressionRatio > compressionRatioThreshold
  return repetitive || improbable
}

function suppressedTokens(tokenizer: WhisperTokenizer, requested: readonly number[]): number[] {
  const listed = requested.filter(token => token >= 0)
  const symbols = requested.includes(-1) ? tokenizer.nonSpeechTokens : []
  const {transcribe, translate, sot, sotPrev, sotLm, noSpeech} = tokenizer
  return [...new Set([...listed, ...symbols, transcribe, translate, sot, sotPrev, sotLm, noSpeech])]
}
