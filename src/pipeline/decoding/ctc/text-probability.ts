/** What a head of a CTC model says of every frame. */
export interface FrameProbabilities {
  /** frames × width, frame after frame. */
  readonly probabilities: Float64Array
  readonly width: number
  readonly blank: number
}

/** A text as tokens: of every word the ways in which it can be said, none of them empty. */
export type Sayings = readonly (readonly (readonly number[])[])[]

export function frameProbabilities(logProbabilities: Float32Array, width: number, blank: number): FrameProbabilities {
  return {probabilities: Float64Array.from(logProbabilities, Math.exp), width, blank}
}

/**
 * ln p(text | frames) of a CTC model: the sum over all alignments (the forward variables of Graves et al., ICML 2006) and
 * over all combinations of the ways in which its words can be said. −Infinity where the frames cannot say it.
 */
export function textLogProbability({probabilities, width, blank}: FrameProbabilities, text: Sayings): number {
  const {tokens, before, beforeEnds, starts, ends} = statesOf(text, blank)
  const states = tokens.length
  let past = new Float64Array(states)
  let now = new Float64Array(states)
  let logScale = 0
  for (let row = 0; row < probabilities.length; row += width) {
    let sum = 0
    for (let state = 0; state < states; state++) {
      let mass = 0
      if (row === 0) mass = starts[state] as number
      else {
        const end = beforeEnds[state] as number
        for (let i = state === 0 ? 0 : (beforeEnds[state - 1] as number); i < end; i++) {
          mass += past[before[i] as number] as number
        }
      }
      mass *= probabilities[row + (tokens[state] as number)] as number
      now[state] = mass
      sum += mass
    }
    if (sum === 0) return Number.NEGATIVE_INFINITY
    // Brought back to 1 after every frame, so that doubles suffice.
    for (let state = 0; state < states; state++) now[state] = (now[state] as number) / sum
    logScale += Math.log(sum)
    ;[past, now] = [now, past]
  }
  let mass = 0
  for (const state of ends) mass += past[state] as number
  return Math.log(mass) + logScale
}

interface States {
  readonly tokens: Int32Array
  /** States from which each state is reached in the next frame, itself included; those of state s end at beforeEnds[s]. */
  readonly before: readonly number[]
  readonly beforeEnds: readonly number[]
  /** 1 for states in which the first frame may be. */
  readonly starts: Uint8Array
  /** States in which the last frame may be. */
  readonly ends: readonly number[]
}

/** A blank, then for each word its sayings side by side, with blanks between their tokens, and a blank behind them all. */
function statesOf(text: Sayings, blank: number): States {
  const tokens: number[] = []
  const before: number[] = []
  const beforeEnds: number[] = []
  const add = (token: number, from: readonly number[]): number => {
    const state = tokens.length
    tokens.push(token)
    before.push(state, ...from)
    beforeEnds.push(before.length)
    return state
  }
  let pause = add(blank, [])
  const starts = [pause]
  /** States of the last tokens of the word before. */
  let lasts: number[] = []
  for (const [word, sayings] of text.entries()) {
    const ends: number[] = []
    for (const saying of sayings) {
      const [first, ...others] = saying as readonly [number, ...number[]]
      let last = add(first, [pause, ...lasts.filter(state => tokens[state] !== first)])
      if (word === 0) starts.push(last)
      for (const token of others) {
        const between = add(blank, [last])
        last = add(token, token === tokens[last] ? [between] : [between, last])
      }
      ends.push(last)
    }
    pause = add(blank, ends)
    lasts = ends
  }
  const allowed = new Uint8Array(tokens.length)
  for (const state of starts) allowed[state] = 1
  return {tokens: Int32Array.from(tokens), before, beforeEnds, starts: allowed, ends: [pause, ...lasts]}
}
