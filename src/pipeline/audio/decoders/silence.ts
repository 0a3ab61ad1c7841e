import type {DecodedPcm} from '../audio-event.js'

const PIECE_SAMPLES = 1 << 15

/** Silence in place of what is lost, in pieces of bounded size. */
export function* silence(channels: number, samples: number): Generator<DecodedPcm> {
  for (let left = samples; left > 0; left -= PIECE_SAMPLES) {
    const piece = new Float32Array(Math.min(left, PIECE_SAMPLES))
    yield {type: 'pcm', channels: Array.from({length: channels}, () => piece)}
  }
}
