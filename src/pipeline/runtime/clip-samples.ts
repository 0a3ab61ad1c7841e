import {SAMPLE_RATE_HZ} from '../audio/source.js'
import type {Clip} from '../inputs/input.js'

/** Cuts a part out of a recording as it is read. */
export interface Clipper {
  /** What of the next samples belongs to the part; views, not copies. */
  take(channels: readonly Float32Array[]): readonly Float32Array[]
  /** Samples of the part so far. */
  readonly samples: number
  /** Nothing more will come. */
  readonly ended: boolean
}

/** Without a clip, the part is the whole. */
export function createClipper(clip: Clip | undefined): Clipper {
  const start = Math.round((clip?.offsetSeconds ?? 0) * SAMPLE_RATE_HZ)
  const length = Math.round((clip?.durationSeconds ?? Number.POSITIVE_INFINITY) * SAMPLE_RATE_HZ)
  let read = 0
  let samples = 0
  return {
    take(channels) {
      const from = Math.max(0, start - read)
      const count = channels[0]?.length ?? 0
      const end = Math.min(count, start + length - read)
      read += count
      samples += Math.max(0, end - from)
      return channels.map(channel => channel.subarray(from, Math.max(from, end)))
    },
    get samples() {
      return samples
    },
    get ended() {
      return read >= start + length
    },
  }
}
