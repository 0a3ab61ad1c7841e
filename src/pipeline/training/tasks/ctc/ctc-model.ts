import {type SpeechEncoderConfig, speechEncoder} from '../../architectures/speech-encoder.js'
import type {Ops} from '../../engine/ops.js'
import {linear} from '../../layers/linear.js'

export interface CtcHeads {
  readonly encoder: SpeechEncoderConfig
  /** Tokens that the model writes, the blank among them. */
  readonly written: number
  /** Of the second head; 0 without one. */
  readonly phones: number
}

export interface CtcLogits<T> {
  readonly written: T
  readonly phones: T | undefined
}

/** The logits of both heads, [batch, time ∕ 4, tokens] each. */
export function ctcLogits<T>(ops: Ops<T>, {encoder, written, phones}: CtcHeads): CtcLogits<T> {
  const states = speechEncoder(ops, encoder)
  return {
    written: linear(ops, states, 'heads.written', written),
    phones: phones === 0 ? undefined : linear(ops, states, 'heads.phones', phones),
  }
}

/** Side by side, as the loss takes them. */
export function ctcOutput<T>(ops: Ops<T>, heads: CtcHeads): T {
  const {written, phones} = ctcLogits(ops, heads)
  return phones === undefined ? written : ops.concatenate([written, phones], 2)
}
