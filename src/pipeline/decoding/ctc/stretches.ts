/** Frames [from, to). */
export interface Stretch {
  readonly from: number
  readonly to: number
}

export interface StretchLimits {
  /** A pause this long parts two stretches, in its middle. */
  readonly pauseFrames: number
  /** No stretch is longer; one that would be is parted in the middle of its widest pause. */
  readonly longestFrames: number
}

/** Cuts a stream of frames where nothing is said. */
export interface StretchCutter {
  /** Takes the next frame; gives the stretch that it completes. */
  push(isQuiet: boolean): Stretch | undefined
  /** What is left. */
  finish(): Stretch | undefined
}

export function stretchCutter({pauseFrames, longestFrames}: StretchLimits): StretchCutter {
  let from = 0
  let frames = 0
  /** Where the pause began in which the stream is; `frames` where it is in none. */
  let pauseStart = 0
  /** The widest pause between two sounds of this stretch. */
  let widest: Stretch = {from: 0, to: 0}

  function cutAt(to: number): Stretch {
    const stretch = {from, to}
    from = to
    pauseStart = Math.max(pauseStart, from)
    widest = {from, to: from}
    return stretch
  }

  /** The first sound after a pause. */
  function endPause(): Stretch | undefined {
    const pause = {from: pauseStart, to: frames}
    const length = pause.to - pause.from
    if (pause.from <= from) return undefined
    if (length >= pauseFrames) return cutAt(middleOf(pause))
    if (length >= widest.to - widest.from) widest = pause
    return undefined
  }

  return {
    push(isQuiet) {
      const complete = !isQuiet && pauseStart < frames ? endPause() : undefined
      frames++
      if (!isQuiet) pauseStart = frames
      if (complete !== undefined || frames - from < longestFrames) return complete
      return cutAt(widest.to > widest.from ? middleOf(widest) : frames)
    },
    finish: () => (frames > from ? cutAt(frames) : undefined),
  }
}

const middleOf = ({from, to}: Stretch): number => (from + to) >> 1
