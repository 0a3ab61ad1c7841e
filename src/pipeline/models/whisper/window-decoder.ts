import type {LogitRules} from '../../decoding/logit-rules.js'
import type {Candidate} from '../../decoding/search.js'
import type {SearchPlan} from '../../decoding/search-plan.js'
import type {EncodedWindow} from './network.js'
import type {HeadAttention} from './token-times.js'

/** Where a recording's share of the wall-clock time is added up, in seconds. */
export interface WindowTimings {
  encoderSeconds: number
  decoderSeconds: number
  alignmentSeconds: number
}

/** For whom a window is decoded. */
export interface WindowContext {
  readonly timings: WindowTimings
  readonly signal?: AbortSignal | undefined
}

export interface DecodeRequest {
  readonly window: EncodedWindow
  /** Everything the decoder is given before it writes. */
  readonly prompt: readonly number[]
  /** Position of the start-of-transcript token in `prompt`, and the token whose probability there means no speech. */
  readonly sotIndex: number
  readonly noSpeech: number | undefined
  readonly plan: SearchPlan
  readonly rules: LogitRules
}

export interface DecodedWindow {
  readonly best: Candidate
  /** NaN where the model has no token for it. */
  readonly noSpeechProbability: number
}

export interface WindowAttention {
  readonly logits: (position: number) => Float32Array
  /** Cross-attention of the alignment heads over the tokens. */
  readonly heads: readonly HeadAttention[]
}

/**
 * Decodes the windows of all recordings under way together. Every promise is rejected with the signal's reason once the
 * context's signal is aborted.
 */
export interface WindowDecoder {
  /** Whether the decoder gives its cross-attention, which word timestamps need. */
  readonly givesAttention: boolean
  /** `features`: mel-major, [mels × 3000]. */
  encode(features: Float32Array, context: WindowContext): Promise<EncodedWindow>
  /** Looks for the best continuation of a prompt. */
  decode(request: DecodeRequest, context: WindowContext): Promise<DecodedWindow>
  /** Logits after the prompt's last token. */
  predict(window: EncodedWindow, prompt: readonly number[], context: WindowContext): Promise<Float32Array>
  /** Logits and cross-attention over a text that is known. */
  attend(window: EncodedWindow, tokens: readonly number[], context: WindowContext): Promise<WindowAttention>
  close(): Promise<void>
}
