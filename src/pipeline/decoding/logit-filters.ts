import {logSumExp, maximumOf} from './log-sum-exp.js'

/**
 * Changes the logits of the next token in place, given the row's tokens so far. `tokens` is everything the decoder has
 * seen (prompt included); what was sampled begins at `sampleBegin`.
 */
export type LogitFilter = (logits: Float32Array, tokens: readonly number[], sampleBegin: number) => void

/** Bans `ids` as the first sampled token (openai/whisper `SuppressBlank`). */
export function suppressBlank(ids: readonly number[]): LogitFilter {
  return (logits, tokens, sampleBegin) => {
    if (tokens.length === sampleBegin) ban(logits, ids)
  }
}

/** Bans `ids` everywhere (openai/whisper `SuppressTokens`). */
export function suppressTokens(ids: readonly number[]): LogitFilter {
  return logits => ban(logits, ids)
}

export interface TimestampRules {
  readonly eot: number
  readonly noTimestamps: number
  readonly timestampBegin: number
  /** Largest first timestamp in steps of 0.02 s; undefined: any. */
  readonly maxInitialIndex: number | undefined
}

/**
 * Timestamps come in pairs except before the end of text, never decrease, enclose no empty segment, come first, and win
 * where their joint probability exceeds that of every text token (openai/whisper `ApplyTimestampRules`).
 */
export function timestampRules({eot, noTimestamps, timestampBegin, maxInitialIndex}: TimestampRules): LogitFilter {
  return (logits, tokens, sampleBegin) => {
    logits[noTimestamps] = Number.NEGATIVE_INFINITY
    const sampled = tokens.length - sampleBegin
    const isTimestamp = (back: number) => (tokens[tokens.length - back] as number) >= timestampBegin
    const lastWasTimestamp = sampled >= 1 && isTimestamp(1)
    const penultimateWasTimestamp = sampled < 2 || isTimestamp(2)

    if (lastWasTimestamp) {
      if (penultimateWasTimestamp) logits.fill(Number.NEGATIVE_INFINITY, timestampBegin)
      else logits.fill(Number.NEGATIVE_INFINITY, 0, eot)
    }
    const latest = tokens.findLast((token, index) => index >= sampleBegin && token >= timestampBegin)
    if (latest !== undefined) {
      const firstAllowed = lastWasTimestamp && !penultimateWasTimestamp ? latest : latest + 1
      logits.fill(Number.NEGATIVE_INFINITY, timestampBegin, firstAllowed)
    }
    if (sampled === 0) {
      logits.fill(Number.NEGATIVE_INFINITY, 0, timestampBegin)
      if (maxInitialIndex !== undefined) logits.fill(Number.NEGATIVE_INFINITY, timestampBegin + maxInitialIndex + 1)
    }
    if (logSumExp(logits, timestampBegin) > maximumOf(logits, 0, timestampBegin))
      logits.fill(Number.NEGATIVE_INFINITY, 0, timestampBegin)
  }
}

/**
 * Divides positive and multiplies negative logits of tokens that already occurred, prompt included (transformers
 * `RepetitionPenaltyLogitsProcessor`; CTRL, arXiv:1909.05858).
 */
export function repetitionPenalty(penalty: number): LogitFilter {
  return (logits, tokens) => {
    for (const token of new Set(tokens)) {
      const logit = logits[token] as number
      logits[token] = logit < 0 ? logit * penalty : logit / penalty
    }
  }
}

/** Bans every token that would complete an n-gram seen before (transformers `NoRepeatNGramLogitsProcessor`). */
export function noRepeatNgram(size: number): LogitFilter {
  return (logits, tokens) => {
    const suffixStart = tokens.length - (size - 1)
    if (suffixStart < 0) return
    for (let start = 0; start + size <= tokens.length; start++) {
      let same = true
      for (let k = 0; k < size - 1 && same; k++) same = tokens[start + k] === tokens[suffixStart + k]
      if (same) logits[tokens[start + size - 1] as number] = Number.NEGATIVE_INFINITY
    }
  }
}

/** Keeps the `count` largest logits (transformers `TopKLogitsWarper`: ties with the smallest kept one stay). */
export function keepTopK(logits: Float32Array, count: number): void {
  if (count >= logits.length) return
  const threshold = Float32Array.from(logits).sort()[logits.length - count] as number
  for (let i = 0; i < logits.length; i++) if ((logits[i] as number) < threshold) logits[i] = Number.NEGATIVE_INFINITY
}

/** Keeps the smallest set of most probable tokens whose probabilities reach `mass` (transformers `TopPLogitsWarper`). */
export function keepTopP(logits: Float32Array, mass: number): void {
  if (mass >= 1) return
  const normaliser = logSumExp(logits)
  const order = Array.from(logits.keys())
    .filter(id => (logits[id] as number) > Number.NEGATIVE_INFINITY)
    .sort((a, b) => (logits[a] as number) - (logits[b] as number))
  let cumulative = 0
  for (const id of order.slice(0, -1)) {
    cumulative += Math.exp((logits[id] as number) - normaliser)
    if (cumulative > 1 - mass) return
    logits[id] = Number.NEGATIVE_INFINITY
  }
}

function ban(logits: Float32Array, ids: readonly number[]): void {
  for (const id of ids) logits[id] = Number.NEGATIVE_INFINITY
}
