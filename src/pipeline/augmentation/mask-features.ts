import type {Random} from '../decoding/random.js'
import {drawInteger} from './draw.js'

export interface FeatureMasking {
  readonly timeMasks: number
  /** Of one mask. */
  readonly timeMaskFrames: number
  /** A mask covers no more than this share of the recording, however short it is (p in the paper). */
  readonly timeMaskShare: number
  readonly frequencyMasks: number
  /** Of one mask. */
  readonly frequencyMaskMels: number
  /** One place of the recording moves by up to so many frames; 0: none does. */
  readonly timeWarpFrames: number
  readonly fill: 'mean' | 'zero'
}

/**
 * SpecAugment (Park et al., arXiv:1904.08779) over features frames × mels: time warp (linear between frames), then stripes
 * of frequencies, then stripes of time, which get the mean of the recording or 0. The input stays as it is.
 */
export function maskFeatures(
  features: Float32Array,
  mels: number,
  options: FeatureMasking,
  random: Random,
): Float32Array {
  const frames = features.length / mels
  const {timeMasks, timeMaskFrames, timeMaskShare, frequencyMasks, frequencyMaskMels, timeWarpFrames, fill} = options
  const out = timeWarpFrames > 0 ? warpTime(features, mels, timeWarpFrames, random) : features.slice()
  const value = fill === 'mean' ? mean(out) : 0
  for (let mask = 0; mask < frequencyMasks; mask++) {
    const width = drawInteger(random, {min: 0, max: Math.min(frequencyMaskMels, mels)})
    const from = drawInteger(random, {min: 0, max: mels - width})
    for (let frame = 0; frame < frames; frame++) out.fill(value, frame * mels + from, frame * mels + from + width)
  }
  const longest = Math.min(timeMaskFrames, Math.floor(timeMaskShare * frames))
  for (let mask = 0; mask < timeMasks; mask++) {
    const length = drawInteger(random, {min: 0, max: longest})
    const from = drawInteger(random, {min: 0, max: frames - length})
    out.fill(value, from * mels, (from + length) * mels)
  }
  return out
}

/** What was at frame `centre` comes to `centre + shift`; frames on both sides are stretched or pressed together. */
function warpTime(features: Float32Array, mels: number, most: number, random: Random): Float32Array {
  const frames = features.length / mels
  const out = new Float32Array(features.length)
  const room = Math.min(most, Math.floor((frames - 2) / 2))
  if (room < 2) return features.slice()
  const centre = drawInteger(random, {min: room, max: frames - 1 - room})
  const shift = drawInteger(random, {min: 1 - room, max: room - 1})
  const target = centre + shift
  const last = frames - 1
  for (let frame = 0; frame < frames; frame++) {
    const from =
      frame <= target ? (frame * centre) / target : centre + ((frame - target) * (last - centre)) / (last - target)
    const lower = Math.min(last, Math.floor(from))
    const upper = Math.min(last, lower + 1)
    const share = from - lower
    for (let mel = 0; mel < mels; mel++)
      out[frame * mels + mel] =
        (1 - share) * (features[lower * mels + mel] as number) + share * (features[upper * mels + mel] as number)
  }
  return out
}

function mean(values: Float32Array): number {
  let sum = 0
  for (let i = 0; i < values.length; i++) sum += values[i] as number
  return values.length === 0 ? 0 : sum / values.length
}
