/** The next token of a row, and which of the previous rows it continues. */
export interface Continuation {
  readonly source: number
  readonly token: number
}

/** A finished token sequence: what was sampled, without prompt and end of text. */
export interface Candidate {
  readonly tokens: readonly number[]
  /** Natural logarithm; the end-of-text token counts. */
  readonly sumLogProbability: number
}

/**
 * Looks for the best continuation of one prompt. It starts with one row; every `advance` takes the logits of the rows it
 * asked for last (it may overwrite them) and says which rows come next, or `undefined` when the search is complete.
 */
export interface Search {
  advance(logits: readonly Float32Array[]): readonly Continuation[] | undefined
  best(): Candidate
}

/** When a search stops without an end-of-text token. */
export interface SearchLimits {
  /** Largest number of sampled tokens. */
  readonly maxSampledTokens: number
  /** Positions the decoder has; prompt and sampled tokens share them. */
  readonly contextLength: number
}

/**
 * The candidate with the highest log-probability, divided by its length, or by ((5 + length) / 6)^α where a length
 * penalty α is given (openai/whisper `MaximumLikelihoodRanker`; Wu et al., arXiv:1609.08144).
 */
export function bestCandidate(candidates: readonly Candidate[], lengthPenalty: number | undefined): Candidate {
  let best: {candidate: Candidate; score: number} | undefined
  for (const candidate of candidates) {
    const length = candidate.tokens.length
    const penalty = lengthPenalty === undefined ? length : ((5 + length) / 6) ** lengthPenalty
    const score = penalty === 0 ? Number.NEGATIVE_INFINITY : candidate.sumLogProbability / penalty
    if (best === undefined || score > best.score) best = {candidate, score}
  }
  if (best === undefined) throw new Error('A search must have at least one candidate.')
  return best.candidate
}
