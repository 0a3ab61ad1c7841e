import {WINDOW_FRAMES} from './network.js'

/** Mel-major [mels × 3000] from frame-major [frames × mels], zeros where frames are missing. */
export function toMelMajor(frames: Float32Array, mels: number): Float32Array {
  const window = new Float32Array(mels * WINDOW_FRAMES)
  const count = frames.length / mels
  for (let frame = 0; frame < count; frame++)
    for (let mel = 0; mel < mels; mel++) window[mel * WINDOW_FRAMES + frame] = frames[frame * mels + mel] as number
  return window
}
