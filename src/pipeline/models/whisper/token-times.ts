import {dynamicTimeWarping} from '../../decoding/dtw.js'
import {medianFilter} from '../../decoding/median-filter.js'

/** Cross-attention of one head after softmax: [tokens × positions], row-major. */
export interface HeadAttention {
  readonly weights: Float32Array
  readonly positions: number
}

export interface TokenTimesInput {
  readonly heads: readonly HeadAttention[]
  /** Tokens of the sequence that was attended: prompt, text, end of text. */
  readonly tokens: number
  /** Tokens before the one whose prediction is the first text token. */
  readonly skippedTokens: number
  /** Encoder positions that hold sound; the rest is padding. */
  readonly soundPositions: number
  readonly medianFilterWidth: number
}

/** Encoder positions per second. */
const POSITIONS_PER_SECOND = 50

/**
 * Seconds from the window's start at which each token begins, by dynamic time warping over the attention of the
 * alignment heads (openai/whisper `find_alignment`). One entry for every token after the skipped ones and before the last.
 */
export function tokenTimes({
  heads,
  tokens,
  skippedTokens,
  soundPositions,
  medianFilterWidth,
}: TokenTimesInput): number[] {
  const rows = tokens - 1 - skippedTokens
  const cost = new Float32Array(rows * soundPositions)
  for (const head of heads) {
    const scores = standardise(cropAndNormalise(head, tokens, soundPositions), tokens, soundPositions)
    for (let row = 0; row < rows; row++) {
      const start = (row + skippedTokens) * soundPositions
      const smooth = medianFilter(scores.subarray(start, start + soundPositions), medianFilterWidth)
      for (let i = 0; i < soundPositions; i++)
        cost[row * soundPositions + i] =
          (cost[row * soundPositions + i] as number) - (smooth[i] as number) / heads.length
    }
  }
  const path = dynamicTimeWarping(cost, rows, soundPositions)
  return path.columns
    .filter((_, i) => i === 0 || path.rows[i] !== path.rows[i - 1])
    .map(column => column / POSITIONS_PER_SECOND)
}

/** Softmax over the cropped scores equals the full softmax, cropped and scaled to sum 1 again. */
function cropAndNormalise({weights, positions}: HeadAttention, tokens: number, kept: number): Float32Array {
  const cropped = new Float32Array(tokens * kept)
  for (let token = 0; token < tokens; token++) {
    const row = weights.subarray(token * positions, token * positions + kept)
    let sum = 0
    for (let i = 0; i < kept; i++) sum += row[i] as number
    for (let i = 0; i < kept; i++) cropped[token * kept + i] = (row[i] as number) / sum
  }
  return cropped
}

/** Subtracts each position's mean over the tokens and divides by its standard deviation (population). */
function standardise(scores: Float32Array, tokens: number, positions: number): Float32Array {
  for (let i = 0; i < positions; i++) {
    let sum = 0
    for (let token = 0; token < tokens; token++) sum += scores[token * positions + i] as number
    const mean = sum / tokens
    let squares = 0
    for (let token = 0; token < tokens; token++) squares += ((scores[token * positions + i] as number) - mean) ** 2
    const deviation = Math.sqrt(squares / tokens)
    for (let token = 0; token < tokens; token++)
      scores[token * positions + i] = ((scores[token * positions + i] as number) - mean) / deviation
  }
  return scores
}
