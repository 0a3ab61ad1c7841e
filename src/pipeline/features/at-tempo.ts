import type {FrameStore} from '../models/recognizer.js'

/**
 * Features of a recording as if it were spoken at another tempo, with the same voice: between its frames lie Catmull-Rom
 * splines, one for each column. Made as they are read; closing is for who opened the features.
 *
 * @param tempo above 0; 0.9 is slower and has more frames
 */
export function atTempo(features: FrameStore, tempo: number): FrameStore {
  const {width} = features
  const frames = features.frames === 0 ? 0 : Math.floor((features.frames - 1) / tempo) + 1
  return {
    frames,
    width,
    read(start, count) {
      const values = new Float32Array(count * width)
      const first = Math.floor(start * tempo) - 1
      const source = features.read(first, Math.ceil(count * tempo) + 4)
      for (let i = Math.max(0, -start); i < Math.min(count, frames - start); i++) {
        const position = (start + i) * tempo
        const left = Math.floor(position)
        const [before, from, to, after] = splineWeights(position - left)
        let at = (left - 1 - first) * width
        for (let column = 0; column < width; column++, at++) {
          values[i * width + column] =
            before * (source[at] as number) +
            from * (source[at + width] as number) +
            to * (source[at + 2 * width] as number) +
            after * (source[at + 3 * width] as number)
        }
      }
      return values
    },
    close: async () => undefined,
  }
}

/** Of the four points around a place that lies `t` behind the second, 0 to 1: Catmull and Rom 1974, tension ½. */
function splineWeights(t: number): readonly [number, number, number, number] {
  return [
    ((2 - t) * t - 1) * t * 0.5,
    ((3 * t - 5) * t * t + 2) * 0.5,
    ((4 - 3 * t) * t + 1) * t * 0.5,
    (t - 1) * t * t * 0.5,
  ]
}
