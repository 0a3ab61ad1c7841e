import {existsSync, readFileSync} from 'node:fs'
import {inflateRawSync} from 'node:zlib'
import {describe, expect, test} from 'vitest'
import {type MelFilters, slaneyMelFilters} from '../../../src/pipeline/features/mel-filters.js'

const FILTERS = new URL('../../../../shared/data/whisper-mel/mel_filters.npz', import.meta.url)
const whisperFilters = (mels: number) => slaneyMelFilters({mels, fftSize: 400, sampleRateHz: 16_000})

function dense({mels, bins, firstBins, offsets, weights}: MelFilters): Float32Array {
  const matrix = new Float32Array(mels * bins)
  for (let mel = 0; mel < mels; mel++) {
    matrix.set(weights.subarray(offsets[mel], offsets[mel + 1]), mel * bins + firstBins[mel]!)
  }
  return matrix
}

/** The float32 matrix of one member of a .npz file (a zip of .npy files). */
function readNpz(archive: Buffer, member: string): Float32Array {
  const header = archive.indexOf(`${member}.npy`) - 30
  const start = header + 30 + archive.readUInt16LE(header + 26) + archive.readUInt16LE(header + 28)
  const packed = archive.subarray(start)
  const npy = archive.readUInt16LE(header + 8) === 0 ? packed : inflateRawSync(packed)
  const values = npy.subarray(10 + npy.readUInt16LE(8))
  return new Float32Array(Uint8Array.from(values).buffer)
}

describe('Slaney’s mel filters', () => {
  test.each([80, 128])('%i of them have unit area, overlap only their neighbours and leave no gap', mels => {
    const filters = whisperFilters(mels)
    for (let mel = 0; mel < mels; mel++) {
      const weights = filters.weights.subarray(filters.offsets[mel], filters.offsets[mel + 1])
      expect(weights.length).toBeGreaterThan(0)
      expect(weights.every(weight => weight > 0)).toBe(true)
      if (weights.length > 3)
        expect(Math.abs(weights.reduce((sum, weight) => sum + weight * 40, 0) - 1)).toBeLessThan(0.1)
    }
  })

  test('are narrow and straight up to 1 kHz, wider above', () => {
    const {firstBins} = whisperFilters(80)
    const steps = [...firstBins].slice(1).map((bin, i) => bin - firstBins[i]!)
    expect(Math.max(...steps.slice(0, 20))).toBeLessThanOrEqual(1)
    expect(steps.at(-1)).toBeGreaterThanOrEqual(4)
  })
})

describe.skipIf(!existsSync(FILTERS))('OpenAI’s mel_filters.npz (needs ../shared/data/whisper-mel)', () => {
  test.each([80, 128])('holds the same %i filters', mels => {
    const expected = readNpz(readFileSync(FILTERS), `mel_${mels}`)
    const actual = dense(whisperFilters(mels))
    expect(actual.length).toBe(expected.length)
    let worst = 0
    for (const [i, value] of expected.entries()) worst = Math.max(worst, Math.abs(value - actual[i]!))
    expect(worst).toBeLessThanOrEqual(1e-7)
  })
})
