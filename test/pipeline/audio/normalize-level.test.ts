import {execFileSync} from 'node:child_process'
import {describe, expect, test} from 'vitest'
import {createLoudnessMeter} from '../../../src/pipeline/audio/loudness.js'
import {createLevelMeter, normalizeLevel} from '../../../src/pipeline/audio/normalize-level.js'
import {loadAudio} from '../../../src/pipeline/audio/read-audio.js'
import {hasFfmpeg} from './ffmpeg.js'
import {sine} from './signals.js'
import {file, seedPath, temporaryFile} from './sources.js'
import {s16, wavFile} from './wav-file.js'

const RATE_HZ = 16_000
const peakDb = (samples: Float32Array) =>
  20 * Math.log10(samples.reduce((peak, sample) => Math.max(peak, Math.abs(sample)), 0))
const loudness = (samples: Float32Array, rateHz = RATE_HZ) => {
  const meter = createLoudnessMeter(rateHz)
  meter.push(samples)
  return meter.integratedLufs()
}

describe('peak', () => {
  test.each([0.001, 0.25, 1, 3])('an amplitude of %f becomes −1 dBFS', amplitude => {
    expect(peakDb(normalizeLevel(sine(440, 1, RATE_HZ, amplitude), 'peak'))).toBeCloseTo(-1, 3)
  })
})

describe('loudness', () => {
  test('speech becomes −23 LUFS', async () => {
    const {channels} = await loadAudio(file(seedPath('stereo44k.flac')), {channel: 'left'})
    expect(loudness(normalizeLevel(channels[0]!, 'loudness'))).toBeCloseTo(-23, 2)
  })

  test('a peak that would pass −1 dBFS limits the gain, and nothing is bent', () => {
    const samples = sine(440, 2, RATE_HZ, 0.003)
    samples[16_000] = 0.5
    const out = normalizeLevel(samples, 'loudness')
    expect(peakDb(out)).toBeCloseTo(-1, 3)
    expect(out[100]! / samples[100]!).toBeCloseTo(out[16_000]! / 0.5, 4)
  })

  // EBU Tech 3341, case 1 and 2, with one channel in place of two: 3.01 LU less.
  test.each([-23, -33])('a 1 kHz sine at %i dBFS measures that less 3.01 LU', level => {
    expect(loudness(sine(1000, 20, 48_000, 10 ** (level / 20)), 48_000)).toBeCloseTo(level - 3.01, 1)
  })

  // Case 3: what is 13 LU quieter is gated out.
  test('quiet stretches do not count', () => {
    const parts = [-36, -23, -36].map(level => sine(1000, level === -23 ? 60 : 10, 48_000, 10 ** (level / 20)))
    const whole = new Float32Array(80 * 48_000)
    whole.set(parts[0]!)
    whole.set(parts[1]!, 10 * 48_000)
    whole.set(parts[2]!, 70 * 48_000)
    expect(loudness(whole, 48_000)).toBeCloseTo(-26.01, 1)
  })

  test('chunks make no difference', () => {
    const samples = sine(300, 3, RATE_HZ, 0.1)
    const meter = createLoudnessMeter(RATE_HZ)
    for (let at = 0; at < samples.length; at += 777) meter.push(samples.subarray(at, at + 777))
    expect(meter.integratedLufs()).toBe(loudness(samples))
  })

  test('a recording shorter than a block is measured as a whole', () => {
    expect(loudness(sine(1000, 0.2, RATE_HZ, 0.1))).toBeCloseTo(-23.0, 0)
  })

  test.skipIf(!hasFfmpeg).each(['mono16k-vbr.mp3', 'mono8k-mulaw.wav', 'stereo44k.flac'])(
    '%s, looped, measures what ffmpeg measures, within 0.1 LU (skipped without ffmpeg)',
    async name => {
      const {channels} = await loadAudio(file(seedPath(name)), {channel: 'left'})
      const speech = Array(5)
        .fill([...channels[0]!])
        .flat()
      const path = temporaryFile('speech.wav', wavFile(s16(speech)))
      const log = execFileSync('sh', ['-c', `ffmpeg -nostdin -hide_banner -i '${path}' -af ebur128 -f null - 2>&1`], {
        encoding: 'utf8',
      })
      const expected = Number(/Integrated loudness:\s+I:\s+(-?[\d.]+) LUFS/.exec(log)?.[1])
      // ffmpeg takes one channel as it is; so do we.
      expect(Math.abs(loudness(Float32Array.from(speech)) - expected)).toBeLessThan(0.1)
    },
  )
})

test.each(['peak', 'loudness'] as const)('%s leaves silence silent', mode => {
  expect(createLevelMeter(mode).gain()).toBe(1)
  expect(normalizeLevel(new Float32Array(1000), mode)).toEqual(new Float32Array(1000))
})
