import {logSumExp} from '../../decoding/log-sum-exp.js'
import type {LanguageCode} from '../../text/languages.js'
import type {WhisperTokenizer} from '../../text/whisper-tokenizer.js'
import type {EncodedWindow} from './network.js'
import type {WindowContext, WindowDecoder} from './window-decoder.js'

/** Probabilities of all languages the model knows, most probable first (openai/whisper `detect_language`). */
export async function detectLanguage(
  decoder: WindowDecoder,
  {sot, languageTokens}: WhisperTokenizer,
  window: EncodedWindow,
  context: WindowContext,
): Promise<{readonly code: LanguageCode; readonly probability: number}[]> {
  const logits = await decoder.predict(window, [sot], context)
  const entries = [...languageTokens].map(([code, token]) => ({code, logit: logits[token] as number}))
  const normaliser = logSumExp(Float32Array.from(entries, ({logit}) => logit))
  return entries
    .map(({code, logit}) => ({code, probability: Math.exp(logit - normaliser)}))
    .sort((a, b) => b.probability - a.probability)
}
