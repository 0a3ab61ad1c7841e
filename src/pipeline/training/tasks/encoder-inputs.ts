import {SUBSAMPLING} from '../architectures/speech-encoder.js'
import type {Batch} from '../engine/training-engine.js'
import type {FeatureBatch} from './training-task.js'

/** Added to the scores of padding. */
const FAR_BELOW = -1e4
const ROTARY_BASE = 10_000

/** Outputs of the speech encoder that are not padding, for rows of so many frames. */
export const encodedLengths = (lengths: readonly number[]): readonly number[] =>
  lengths.map(length => Math.ceil(length / SUBSAMPLING))

/** What the speech encoder takes beside features: where rows end, and where each output stands. */
export function encoderInputs(
  {features, lengths}: FeatureBatch,
  {width, heads}: {readonly width: number; readonly heads: number},
): Batch {
  const [rows = 0, frames = 0] = features.shape
  const time = Math.ceil(frames / SUBSAMPLING)
  const mask = new Float32Array(rows * time).fill(FAR_BELOW)
  const present = new Float32Array(rows * time)
  for (const [row, length] of encodedLengths(lengths).entries()) {
    mask.fill(0, row * time, row * time + length)
    present.fill(1, row * time, row * time + length)
  }
  const angles = rotaryAngles(time, width / heads)
  return {
    features,
    mask: {values: mask, shape: [rows, 1, 1, time]},
    present: {values: present, shape: [rows, time, 1]},
    cosines: {values: angles.map(Math.cos), shape: [time, width / heads]},
    sines: {values: angles.map(Math.sin), shape: [time, width / heads]},
  }
}

/** [time, size]: the place times a frequency. */
export function rotaryAngles(time: number, size: number): Float32Array {
  const frequencies = rotaryFrequencies(size)
  return Float32Array.from(
    {length: time * size},
    (_, index) => Math.floor(index / size) * (frequencies[index % size] as number),
  )
}

/** From 1 down to 1 ∕ 10 000 over each half. */
export function rotaryFrequencies(size: number): Float32Array {
  const half = size / 2
  return Float32Array.from({length: size}, (_, index) => ROTARY_BASE ** -((index % half) / half))
}
