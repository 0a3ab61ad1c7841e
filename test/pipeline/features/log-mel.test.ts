import {spawnSync} from 'node:child_process'
import {existsSync, readFileSync} from 'node:fs'
import {fileURLToPath} from 'node:url'
import {describe, expect, test} from 'vitest'
import {createWhisperLogMel, normalizeLogMel, whisperLogMel} from '../../../src/pipeline/features/log-mel.js'

interface Reference {
  readonly cases: readonly {
    readonly signal: 'tone+chirp' | 'impulse' | 'zeros16000'
    readonly n_mels: number
    readonly padding: number
    readonly frames_total: number
    readonly frame_indices: readonly number[]
    readonly frames: readonly (readonly number[])[]
  }[]
}

const reference: Reference = JSON.parse(
  readFileSync(new URL('../../data/whisper-reference/mel.json', import.meta.url), 'utf8'),
)

const SIGNALS = {
  'tone+chirp': Float32Array.from(
    {length: 32_000},
    (_, n) =>
      0.3 * Math.sin((2 * Math.PI * 440 * n) / 16_000) + 0.2 * Math.sin((2 * Math.PI * (200 + 0.01 * n) * n) / 16_000),
  ),
  impulse: Float32Array.from({length: 1600}, (_, n) => (n === 700 ? 1 : 0)),
  zeros16000: new Float32Array(16_000),
}

function noise(samples: number): Float32Array {
  let state = 99
  return Float32Array.from({length: samples}, () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0
    return (state / 2 ** 31) * 0.3
  })
}

const greatest = (values: readonly number[]): number => values.reduce((a, b) => Math.max(a, b))

function concat(parts: readonly Float32Array[]): Float32Array {
  return Float32Array.from(parts.flatMap(part => [...part]))
}

/** The definition, with a Fourier sum in place of the FFT and the padded signal laid out in full; frame-major. */
function frameByDefinition(samples: Float32Array, frame: number, mels: number, at: number): number {
  const power = Array.from({length: 201}, (_, k) => {
    let re = 0
    let im = 0
    for (let n = 0; n < 400; n++) {
      const position = Math.abs(160 * frame - 200 + n)
      const value = (samples[position] ?? 0) * (0.5 - 0.5 * Math.cos((2 * Math.PI * n) / 400))
      re += value * Math.cos((2 * Math.PI * ((k * n) % 400)) / 400)
      im -= value * Math.sin((2 * Math.PI * ((k * n) % 400)) / 400)
    }
    return re * re + im * im
  })
  const toHz = (mel: number): number =>
    mel < 15 ? (mel * 200) / 3 : 1000 * Math.exp(((mel - 15) * Math.log(6.4)) / 27)
  const top = 15 + (Math.log(8) * 27) / Math.log(6.4)
  const [low, peak, high] = [at, at + 1, at + 2].map(i => toHz((top * i) / (mels + 1))) as [number, number, number]
  const energy = power.reduce((sum, value, k) => {
    const height = Math.max(0, Math.min((k * 40 - low) / (peak - low), (high - k * 40) / (high - peak)))
    return sum + (value * height * 2) / (high - low)
  }, 0)
  return Math.log10(Math.max(energy, 1e-10))
}

describe('Whisper’s log-mel', () => {
  test.each(reference.cases)('of $signal with $n_mels mels and $padding zeros is OpenAI’s', golden => {
    const {signal, n_mels: mels, padding, frames_total, frame_indices, frames} = golden
    const actual = whisperLogMel(SIGNALS[signal], mels, {paddingSamples: padding})
    expect(actual.length).toBe(frames_total * mels)
    for (const [i, frame] of frame_indices.entries()) {
      for (const [mel, value] of frames[i]!.entries()) {
        expect(Math.abs(actual[frame * mels + mel]! - value)).toBeLessThanOrEqual(1e-4)
      }
    }
  })

  test.each([80, 128])('follows the definition at the start, in the middle and at the end (%i mels)', mels => {
    const samples = noise(1930)
    const extractor = createWhisperLogMel(mels)
    const frames = concat([extractor.push(samples), extractor.finish().frames.subarray(0, 4 * mels)])
    for (const frame of [0, 1, 2, 6, 10, 11, 12, 13]) {
      for (let mel = 0; mel < mels; mel += 7) {
        expect(frames[frame * mels + mel]).toBeCloseTo(frameByDefinition(samples, frame, mels, mel), 5)
      }
    }
  })

  test.each([1, 7, 159, 160, 161, 200, 201, 399, 400, 401, 1000, 3999])(
    'is the same to the bit when it comes in pieces of %i samples',
    size => {
      const samples = noise(4000)
      const whole = createWhisperLogMel(80)
      const pieces = createWhisperLogMel(80)
      const expected = concat([whole.push(samples), whole.finish().frames.subarray(0, 8000)])
      const parts: Float32Array[] = []
      for (let at = 0; at < samples.length; at += size) parts.push(pieces.push(samples.subarray(at, at + size)))
      const {frames, maximum} = pieces.finish()
      expect(concat([...parts, frames.subarray(0, expected.length)]).subarray(0, expected.length)).toEqual(expected)
      expect(maximum).toBe(Math.max(...expected))
    },
  )

  test.each([0, 1, 100, 160, 200, 201, 240, 399, 400, 559, 560, 16_000])(
    'of %i samples has a frame for every 10 ms and 3000 more, the last of them silent',
    count => {
      const extractor = createWhisperLogMel(80)
      const first = extractor.push(noise(count))
      const {frames, maximum} = extractor.finish()
      expect((first.length + frames.length) / 80).toBe(Math.floor(count / 160) + 3000)
      expect(frames.subarray(-2990 * 80).every(value => value === -10)).toBe(true)
      expect(maximum).toBe(count === 0 ? -10 : greatest([...first, ...frames]))
    },
  )

  test('mirrors the end of the recording where nothing is appended', () => {
    const samples = noise(800)
    const mirrored = new Float32Array(1600)
    mirrored.set(samples)
    for (let i = 1; i < 700; i++) mirrored[799 + i] = samples[799 - i]!
    const alone = whisperLogMel(samples, 80, {paddingSamples: 0})
    const extended = whisperLogMel(mirrored, 80, {paddingSamples: 0})
    expect(alone).toEqual(extended.subarray(0, alone.length))
  })

  test('is normalised to the loudest value, with 80 dB below it', () => {
    expect(normalizeLogMel(Float32Array.from([1, -3, -7, -10]), 1)).toEqual(
      Float32Array.from([1.25, 0.25, -0.75, -0.75]),
    )
  })

  test('takes values that are no numbers for silence', () => {
    expect(whisperLogMel(new Float32Array(1600).fill(Number.NaN), 80, {paddingSamples: 0}).every(Number.isFinite)).toBe(
      true,
    )
  })
})

const SHARED = new URL('../../../../shared/data/whisper-mel/', import.meta.url)
const hasFfmpeg = spawnSync('ffmpeg', ['-version']).status === 0

describe.skipIf(!existsSync(SHARED) || !hasFfmpeg)('real speech (needs ../shared/data/whisper-mel and ffmpeg)', () => {
  test('has the first ten frames that its publisher expects', () => {
    const path = fileURLToPath(new URL('1272-141231-0002.flac', SHARED))
    const {stdout} = spawnSync('ffmpeg', ['-v', 'error', '-i', path, '-f', 'f32le', '-'], {maxBuffer: 2 ** 28})
    const samples = new Float32Array(Uint8Array.from(stdout).buffer)
    const actual = whisperLogMel(samples, 80, {paddingSamples: 480_000 - samples.length})
    const expected = readFileSync(new URL('expected_output.txt', SHARED), 'utf8').trim().split('\n')
    for (const [mel, row] of expected.entries()) {
      for (const [frame, value] of row.split(',').map(Number).entries()) {
        expect(Math.abs(actual[frame * 80 + mel]! - value)).toBeLessThanOrEqual(1e-4)
      }
    }
    expect(expected).toHaveLength(80)
  })
})
