import {LinguluError} from '../../../errors.js'
import type {LanguageCode} from '../../../text/languages.js'
import type {WhisperTokenizer} from '../../../text/whisper-tokenizer.js'
import type {Batch} from '../../engine/training-engine.js'
import {SKIPPED_LABEL} from './whisper-loss.js'

/** Languages written without spaces between words: Whisper begins texts in them with none either. */
const SPACELESS: ReadonlySet<LanguageCode> = new Set(['zh', 'ja', 'th', 'lo', 'my', 'yue'])
/** Added to the scores of what is not to be heard. */
const FAR_BELOW = -1e4

export interface LabelOptions {
  readonly tokenizer: WhisperTokenizer
  readonly language: LanguageCode
  readonly lowerCase: boolean
  /** Default: where the language has spaces. */
  readonly leadingSpace?: boolean | undefined
}

/** What a decoder learns: to say `labels` after `tokens`. */
export interface TokenRow {
  readonly tokens: readonly number[]
  readonly labels: readonly number[]
}

export interface WhisperLabels {
  /** `<|startoftranscript|>` and what follows it until the text begins. */
  readonly prompt: readonly number[]
  textTokens(text: string): readonly number[]
  row(text: string): TokenRow
}

/**
 * Labels as in Hugging Face's recipe (`WhisperForConditionalGeneration(labels=…)` and its collator): all but the first token
 * of prompt, text and end, so that the prompt after `<|startoftranscript|>` is learnt with the text.
 *
 * @throws LinguluError CONFIG_INVALID for a language that the model does not know
 */
export function whisperLabels({tokenizer, language, lowerCase, ...options}: LabelOptions): WhisperLabels {
  if (!tokenizer.multilingual && language !== 'en')
    throw new LinguluError('CONFIG_INVALID', `This model knows English only, not ${language}.`, {
      hint: 'Take a multilingual checkpoint, one without .en in its name.',
    })
  const {leadingSpace = !SPACELESS.has(language)} = options
  const prompt = tokenizer.sotSequence({language, task: 'transcribe', timestamps: false})
  const textTokens = (text: string) => {
    const plain = (lowerCase ? text.toLowerCase() : text).trim()
    return tokenizer.encode(leadingSpace && plain !== '' ? ` ${plain}` : plain)
  }
  return {
    prompt,
    textTokens,
    row(text) {
      const all = [...prompt, ...textTokens(text), tokenizer.eot]
      return {tokens: all.slice(0, -1), labels: all.slice(1)}
    },
  }
}

/**
 * Inputs of the decoder for rows of different lengths: `tokens`, `labels` [rows, longest], `token_positions` [longest] and
 * `token_mask` [longest, longest]. Labels after a row's end are any token: their loss is left out.
 */
export function tokenInputs(rows: readonly TokenRow[], filler: number): Batch {
  const longest = Math.max(...rows.map(({tokens}) => tokens.length))
  const shape = [rows.length, longest]
  const filled = (part: keyof TokenRow) => {
    const values = new Int32Array(rows.length * longest).fill(filler)
    for (const [index, row] of rows.entries()) values.set(row[part], index * longest)
    return {values, shape}
  }
  return {
    tokens: filled('tokens'),
    labels: filled('labels'),
    token_positions: {values: Int32Array.from({length: longest}, (_, place) => place), shape: [longest]},
    token_mask: {values: causalMask(longest), shape: [longest, longest]},
  }
}

/** The labels whose loss counts; {@link SKIPPED_LABEL} after a row's end. */
export function countedLabels(rows: readonly TokenRow[]): Int32Array {
  const longest = Math.max(...rows.map(({labels}) => labels.length))
  const values = new Int32Array(rows.length * longest).fill(SKIPPED_LABEL)
  for (const [index, {labels}] of rows.entries()) values.set(labels, index * longest)
  return values
}

function causalMask(tokens: number): Float32Array {
  return Float32Array.from({length: tokens * tokens}, (_, index) =>
    index % tokens > Math.floor(index / tokens) ? FAR_BELOW : 0,
  )
}

/** [rows, 1, 1, longest]: far below 0 after each row's own length. */
export function lengthMask(lengths: readonly number[], longest: number): Batch[string] {
  const values = new Float32Array(lengths.length * longest).fill(FAR_BELOW)
  for (const [row, length] of lengths.entries()) values.fill(0, row * longest, row * longest + length)
  return {values, shape: [lengths.length, 1, 1, longest]}
}
