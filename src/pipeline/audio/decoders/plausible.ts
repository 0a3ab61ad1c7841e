import {LinguluError} from '../../errors.js'

const MIN_RATE_HZ = 1000
const MAX_RATE_HZ = 768_000
export const MAX_CHANNELS = 64

/** Returns the rate, or throws AUDIO_CORRUPT: a header with an absurd rate is damaged. */
export function checkedRate(sampleRateHz: number, name: string): number {
  if (sampleRateHz >= MIN_RATE_HZ && sampleRateHz <= MAX_RATE_HZ) return sampleRateHz
  throw new LinguluError('AUDIO_CORRUPT', `${name} is damaged: its header declares ${sampleRateHz} samples a second`)
}
