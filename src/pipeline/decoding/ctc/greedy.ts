import {indexOfLargest} from '../../statistics/index-of-largest.js'
import type {CtcDecoder, TokenSpan} from './token-span.js'

export interface GreedyOptions {
  /** Tokens in a frame. */
  readonly vocabularySize: number
  readonly blank: number
}

/**
 * Best path: the likeliest token of every frame (the first of equals), repeats joined, blanks dropped. Spans are those
 * of Hugging Face's `output_char_offsets`.
 */
export function greedyDecoder({vocabularySize, blank}: GreedyOptions): CtcDecoder {
  let frame = 0
  let total = 0
  let token = blank
  let start = 0
  let sum = 0
  function closeRun(into: TokenSpan[]): void {
    if (token !== blank) into.push({token, start, end: frame, logProbability: sum / (frame - start)})
  }
  return {
    push(logProbabilities) {
      const closed: TokenSpan[] = []
      for (let row = 0; row < logProbabilities.length; row += vocabularySize, frame++) {
        const best = indexOfLargest(logProbabilities, row, row + vocabularySize)
        const value = logProbabilities[row + best] as number
        if (best !== token) {
          closeRun(closed)
          token = best
          start = frame
          sum = 0
        }
        sum += value
        total += value
      }
      return closed
    },
    finish() {
      const tokens: TokenSpan[] = []
      closeRun(tokens)
      token = blank
      return {tokens, logProbability: total}
    },
  }
}

/** {@link greedyDecoder} for a whole matrix, frames × vocabulary. */
export function greedyDecode(
  logProbabilities: Float32Array,
  options: GreedyOptions,
): {readonly tokens: readonly TokenSpan[]; readonly logProbability: number} {
  const decoder = greedyDecoder(options)
  const closed = decoder.push(logProbabilities)
  const {tokens, logProbability} = decoder.finish()
  return {tokens: [...closed, ...tokens], logProbability}
}

/** Index of the greatest value; the first where several are equal. */
