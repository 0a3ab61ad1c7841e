import type {CtcVocabulary} from './vocabulary.js'

export interface TokenLimits {
  /** Tokens below this log-probability are left out of a frame, the likeliest excepted. */
  readonly tokenMinLogProbability: number
  /** At most so many tokens of a frame, the likeliest; no limit where undefined. */
  readonly maxTokensPerFrame?: number | undefined
}

/** The tokens of one frame that a search looks at. Overwritten by the next frame. */
export interface FrameTokens {
  /** Ids in ascending order, without blank and special tokens; valid up to `count`. */
  readonly ids: Int32Array
  count: number
  /** Probability of every token; 0 for those left out. */
  readonly probabilities: Float64Array
  /** Probability of the blank; 0 if it is left out. */
  blank: number
  /** Takes the row of log-probabilities that begins at `start`. */
  read(logProbabilities: Float32Array, start: number): void
}

export function frameTokens({size, blank, special}: CtcVocabulary, limits: TokenLimits): FrameTokens {
  const most = limits.maxTokensPerFrame ?? size
  const probabilities = new Float64Array(size)
  /** The log-probabilities that count, ascending, where their number is limited. */
  const sorted = new Float32Array(size)

  function threshold(row: Float32Array): number {
    let likeliest = Number.NEGATIVE_INFINITY
    let length = 0
    for (let id = 0; id < size; id++) {
      if (special[id] === 1) continue
      const value = row[id] as number
      if (value > likeliest) likeliest = value
      if (value >= limits.tokenMinLogProbability) sorted[length++] = value
    }
    const lowest = Math.min(limits.tokenMinLogProbability, likeliest)
    return length > most ? Math.max(lowest, sorted.subarray(0, length).sort()[length - most] as number) : lowest
  }

  return {
    ids: new Int32Array(size),
    count: 0,
    probabilities,
    blank: 0,
    read(logProbabilities, start) {
      for (let i = 0; i < this.count; i++) probabilities[this.ids[i] as number] = 0
      const row = logProbabilities.subarray(start, start + size)
      const lowest = threshold(row)
      this.count = 0
      this.blank = (row[blank] as number) >= lowest ? Math.exp(row[blank] as number) : 0
      for (let id = 0; id < size; id++) {
        const value = row[id] as number
        if (value < lowest || id === blank || special[id] === 1) continue
        probabilities[id] = Math.exp(value)
        this.ids[this.count++] = id
      }
    },
  }
}
