import type {Tensor} from 'onnxruntime-node'
import type {Cache} from './cache.js'
import type {HeadAttention} from './token-times.js'

/** Encoder frames of a 30 s window. */
export const WINDOW_FRAMES = 3000

/**
 * What the decoder needs to know of one window, by the names of its inputs: the encoder's states, or what the decoder's
 * cross-attention makes of them. The first dimension of each tensor is 1.
 */
export type EncodedWindow = ReadonlyMap<string, Tensor>

/** Logits over the vocabulary at a position of a row: a fresh view that the caller may overwrite. */
export type PositionLogits = (row: number, position: number) => Float32Array

export interface StepResult {
  /** Logits over the vocabulary, one array a row; the caller may overwrite them. */
  readonly logits: readonly Float32Array[]
  readonly cache: Cache
}

export interface PrefillResult {
  readonly logits: PositionLogits
  readonly cache: Cache
}

export interface AttentionResult {
  readonly logits: PositionLogits
  /** Cross-attention of the alignment heads over the tokens of a row, in the order of the model's configuration. */
  readonly heads: (row: number) => readonly HeadAttention[]
}

/** Whisper's encoder and decoder, whatever the layout of their graphs. */
export interface Network {
  /** Whether the decoder gives its cross-attention, which word timestamps need. */
  readonly givesAttention: boolean
  /** `features`: mel-major windows [count × mels × 3000]. */
  encode(features: Float32Array, count: number): Promise<readonly EncodedWindow[]>
  /** First pass over prompts of equal length, one a window. `positions`: where logits are wanted, of each row. */
  prefill(
    windows: readonly EncodedWindow[],
    prompts: readonly (readonly number[])[],
    positions?: readonly (readonly number[])[],
  ): Promise<PrefillResult>
  /** One more token for each row of the cache. */
  step(cache: Cache, tokens: readonly number[]): Promise<StepResult>
  /** A pass over whole sequences, one a window, that also gives the cross-attention. */
  attend(windows: readonly EncodedWindow[], sequences: readonly (readonly number[])[]): Promise<AttentionResult>
  close(): Promise<void>
}
