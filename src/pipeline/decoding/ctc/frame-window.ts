/** The last frames of a growing matrix: what has been used is dropped, so that memory does not grow with the recording. */
export interface FrameWindow {
  /** First frame that is held. */
  readonly start: number
  /** Frames seen in all. */
  readonly end: number
  append(values: Float32Array): void
  /** Frames [from, to), a view. */
  slice(from: number, to: number): Float32Array
  dropBefore(frame: number): void
}

export function frameWindow(width: number): FrameWindow {
  let start = 0
  let values = new Float32Array(0)
  return {
    get start() {
      return start
    },
    get end() {
      return start + values.length / width
    },
    append(more) {
      const joined = new Float32Array(values.length + more.length)
      joined.set(values)
      joined.set(more, values.length)
      values = joined
    },
    slice: (from, to) => values.subarray((from - start) * width, (to - start) * width),
    dropBefore(frame) {
      values = values.slice((frame - start) * width)
      start = frame
    },
  }
}
