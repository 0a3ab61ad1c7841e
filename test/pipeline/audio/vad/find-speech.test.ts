import {expect, test} from 'vitest'
import {findSpeech} from '../../../../src/pipeline/audio/vad/find-speech.js'
import {LinguluError} from '../../../../src/pipeline/errors.js'

const RATE = 16_000

/** Silence, three seconds of a voice-like buzz of four syllables a second, silence. */
const samples = Float32Array.from({length: 9 * RATE}, (_, i) => {
  const seconds = i / RATE
  if (seconds < 3 || seconds >= 6) return 0
  const syllable = Math.max(0.05, Math.sin(Math.PI * 4 * seconds) ** 2)
  let buzz = 0
  for (let harmonic = 1; harmonic <= 12; harmonic++) buzz += Math.sin(2 * Math.PI * 130 * harmonic * seconds) / harmonic
  return 0.2 * syllable * buzz
})

test('finds where the voice is, with padding', async () => {
  const [region, ...others] = await findSpeech(samples, {padSeconds: 0.1})
  expect(region).toBeDefined()
  expect(others).toEqual([])
  expect(Math.abs((region?.start ?? 0) - 2.9 * RATE)).toBeLessThan(0.2 * RATE)
  expect(Math.abs((region?.end ?? 0) - 6.1 * RATE)).toBeLessThan(0.2 * RATE)
})

test('finds none in silence, and in nothing', async () => {
  expect(await findSpeech(new Float32Array(RATE))).toEqual([])
  expect(await findSpeech(new Float32Array(0))).toEqual([])
})

test('refuses impossible options', async () => {
  const error = await findSpeech(samples, {threshold: 7}).catch((reason: unknown) => reason)
  expect(error).toBeInstanceOf(LinguluError)
  expect(error).toMatchObject({code: 'CONFIG_INVALID', message: expect.stringContaining('threshold')})
})
