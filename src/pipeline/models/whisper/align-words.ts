import {logSumExp} from '../../decoding/log-sum-exp.js'
import type {LanguageCode} from '../../text/languages.js'
import type {WhisperTokenizer} from '../../text/whisper-tokenizer.js'
import type {EncodedWindow} from './network.js'
import {tokenTimes} from './token-times.js'
import type {WindowContext, WindowDecoder} from './window-decoder.js'
import type {WordTiming} from './word-timestamps.js'

export interface Aligner {
  readonly decoder: WindowDecoder
  readonly tokenizer: WhisperTokenizer
  readonly medianFilterWidth: number
  readonly language: LanguageCode
  readonly sotSequence: readonly number[]
}

/**
 * Where in the window each word of `textTokens` is spoken (openai/whisper `find_alignment`).
 *
 * @param windowFrames feature frames of sound in the window
 */
export async function alignWords(
  aligner: Aligner,
  window: EncodedWindow,
  textTokens: readonly number[],
  windowFrames: number,
  context: WindowContext,
): Promise<WordTiming[]> {
  const {tokenizer, sotSequence, decoder} = aligner
  const soundPositions = windowFrames >> 1
  const words = tokenizer.splitToWordTokens([...textTokens, tokenizer.eot], aligner.language)
  if (textTokens.length === 0 || words.length <= 1) return []

  const sequence = [...sotSequence, tokenizer.noTimestamps, ...textTokens, tokenizer.eot]
  const attended = await decoder.attend(window, sequence, context)
  const probabilities = textTokens.map((token, index) => {
    const logits = attended.logits(sotSequence.length + index).subarray(0, tokenizer.eot)
    return Math.exp((logits[token] as number) - logSumExp(logits))
  })
  const times = tokenTimes({
    heads: attended.heads,
    tokens: sequence.length,
    skippedTokens: sotSequence.length,
    soundPositions,
    medianFilterWidth: aligner.medianFilterWidth,
  })

  let at = 0
  return words.slice(0, -1).map(({word, tokens}) => {
    const from = at
    at += tokens.length
    const sum = probabilities.slice(from, at).reduce((total, probability) => total + probability, 0)
    return {word, tokens, start: times[from] ?? 0, end: times[at] ?? 0, probability: sum / tokens.length}
  })
}
