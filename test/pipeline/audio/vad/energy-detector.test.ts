import {describe, expect, test} from 'vitest'
import {createEnergyDetector} from '../../../../src/pipeline/audio/vad/energy-detector.js'
import {speechRegions} from '../../../../src/pipeline/audio/vad/speech-regions.js'

function noise(seconds: number, level: number): Float32Array {
  let state = 4242
  return Float32Array.from({length: seconds * 16_000}, () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0
    return (state / 2 ** 31) * level
  })
}

/** A voice-like buzz of four syllables a second. */
function addVoice(signal: Float32Array, fromSeconds: number, toSeconds: number, level: number): Float32Array {
  for (let i = fromSeconds * 16_000; i < toSeconds * 16_000; i++) {
    const syllable = Math.max(0.05, Math.sin(Math.PI * 4 * (i / 16_000)) ** 2)
    let sum = 0
    for (let harmonic = 1; harmonic <= 12; harmonic++)
      sum += Math.sin((2 * Math.PI * 130 * harmonic * i) / 16_000) / harmonic
    signal[i]! += level * syllable * sum
  }
  return signal
}

async function regionsOf(signal: Float32Array) {
  const detector = createEnergyDetector()
  const scores: number[] = []
  for (let at = 0; at + 512 <= signal.length; at += 512)
    scores.push(await detector.score(signal.subarray(at, at + 512)))
  const rules = {threshold: 0.5, minSpeechSeconds: 0.1, minSilenceSeconds: 0.5, padSeconds: 0}
  return speechRegions(scores, signal.length, rules).map(({start, end}) => [start / 16_000, end / 16_000] as const)
}

describe('the energy detector', () => {
  test.each([
    ['digital silence', 0, 0.2],
    ['a quiet room', 0.001, 0.2],
    ['a fan', 0.01, 0.2],
    ['a quiet speaker', 0.0005, 0.01],
    ['loud noise', 0.05, 0.5],
  ])('finds two stretches of voice in %s', async (_, background, voice) => {
    const signal = addVoice(addVoice(noise(30, background), 6, 9, voice), 18, 24, voice)
    const regions = await regionsOf(signal)
    expect(regions).toHaveLength(2)
    for (const [i, [from, to]] of [[6, 9] as const, [18, 24] as const].entries()) {
      expect(Math.abs(regions[i]![0] - from)).toBeLessThan(0.2)
      expect(Math.abs(regions[i]![1] - to)).toBeLessThan(0.2)
    }
  })

  test('finds a voice from the first sample on', async () => {
    const [first] = await regionsOf(addVoice(noise(5, 0.001), 0, 3, 0.2))
    expect(first![0]).toBeLessThan(0.2)
  })

  test.each([
    ['silence', noise(10, 0)],
    ['dither', noise(10, 0.00005)],
    ['steady noise, once it is known', noise(10, 0.1).subarray(0, 160_000)],
    ['rumble and an offset', noise(10, 0).map((_, i) => 0.3 + 0.01 * Math.sin((2 * Math.PI * 12 * i) / 16_000))],
    ['single clicks', noise(10, 0.0005).map((value, i) => (i % 40_000 === 20_000 ? 0.9 : value))],
  ])('takes %s for silence', async (_, signal) => {
    const regions = await regionsOf(signal)
    expect(regions.filter(([from]) => from > 0.5)).toEqual([])
  })

  test('follows a background that becomes louder', async () => {
    const signal = noise(40, 0.02)
    for (let i = 0; i < 10 * 16_000; i++) signal[i]! *= 0.02
    const regions = await regionsOf(signal)
    expect(regions.every(([, to]) => to < 16)).toBe(true)
  })

  test('forgets a recording when it is reset, and survives values that are no numbers', async () => {
    const detector = createEnergyDetector()
    const loud = noise(1, 0.5).subarray(0, 512)
    const fresh = await detector.score(loud)
    await detector.score(new Float32Array(512).fill(Number.NaN))
    const later = await detector.score(loud)
    detector.reset()
    expect(await detector.score(loud)).toBe(fresh)
    expect(Number.isNaN(later)).toBe(false)
  })
})
