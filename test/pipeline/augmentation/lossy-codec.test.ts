import {expect, test} from 'vitest'
import {LOSSY_CODECS, throughLossyCodec} from '../../../src/pipeline/augmentation/lossy-codec.js'
import {hasFfmpeg} from '../audio/ffmpeg.js'
import {powerOf, tone} from './tones.js'

test.skipIf(!hasFfmpeg).each(LOSSY_CODECS)(
  '%s loses a little, and moves nothing (skipped where ffmpeg is absent)',
  async codec => {
    const samples = new Float32Array(30_001)
    samples.set(tone(600, 0.4), 7000)
    samples.set(tone(900, 0.2), 20_000)
    const coded = await throughLossyCodec(samples, {codec, kbps: 32})
    expect(coded.length).toBe(samples.length)
    const error = powerOf(coded.map((sample, n) => sample - samples[n]!)) / powerOf(samples)
    expect(error).toBeGreaterThan(0)
    expect(error).toBeLessThan(0.1)
  },
)
