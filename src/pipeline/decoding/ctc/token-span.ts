/** One token and the frames it was said in: `start` inclusive, `end` exclusive. */
export interface TokenSpan {
  readonly token: number
  readonly start: number
  readonly end: number
  /** Mean log-probability of the token over its frames, natural logarithm. */
  readonly logProbability: number
}

/** Turns log-probabilities into tokens as they come, so that memory does not grow with the recording. */
export interface CtcDecoder {
  /**
   * Takes the next frames, `frames × vocabulary` log-probabilities, frame after frame; however they are cut into
   * pieces, the result is the same. Returns the tokens that no later frame can change.
   */
  push(logProbabilities: Float32Array): TokenSpan[]
  /** The tokens still missing, and the log-probability of the whole: of the best path, or of the best prefix. */
  finish(): {readonly tokens: TokenSpan[]; readonly logProbability: number}
}
