import {describe, expect, test} from 'vitest'
import {createSpeechGate} from '../../../../src/pipeline/audio/vad/speech-gate.js'
import {type RegionRules, speechRegions} from '../../../../src/pipeline/audio/vad/speech-regions.js'
import type {VoiceDetector} from '../../../../src/pipeline/audio/vad/voice-detector.js'

const RULES: RegionRules = {threshold: 0.5, minSpeechSeconds: 0.1, minSilenceSeconds: 0.3, padSeconds: 0.05}

/** Takes the first sample of a window for its score. */
const firstSample: VoiceDetector = {score: async window => window[0]!, reset() {}, async close() {}}

function random(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
}

/** Windows that score high in runs; the other samples number the positions. */
function recording(seed: number, samples: number): Float32Array {
  const next = random(seed)
  const signal = Float32Array.from({length: samples}, (_, i) => i)
  let speaks = false
  for (let at = 0; at < samples; at += 512) {
    if (next() < 0.08) speaks = !speaks
    signal[at] = speaks ? 0.9 : 0.1
  }
  return signal
}

describe('the speech gate', () => {
  test.each([1, 2, 3, 4, 5, 6])('lets exactly the regions through, however the samples come (seed %i)', async seed => {
    const signal = recording(seed, 200_000 + seed * 77)
    const next = random(seed + 100)
    const scores = Array.from({length: Math.ceil(signal.length / 512)}, (_, i) => signal[i * 512]!)
    const rules = {...RULES, maxSpeechSeconds: seed % 2 === 0 ? 2 : undefined}
    const expected = speechRegions(scores, signal.length, rules)
    const gate = createSpeechGate(firstSample, rules)
    const heard: number[] = []
    for (let at = 0; at < signal.length; ) {
      const count = 1 + Math.floor(next() * 9000)
      heard.push(...(await gate.push(signal.subarray(at, at + count))))
      at += count
    }
    const {samples, regions} = await gate.finish()
    heard.push(...samples)
    expect(regions).toEqual(expected)
    expect(heard).toEqual(expected.flatMap(({start, end}) => [...signal.subarray(start, end)]))
    expect(expected.length).toBeGreaterThan(3)
  })

  test('of an empty recording lets nothing through', async () => {
    const {samples, regions} = await createSpeechGate(firstSample, RULES).finish()
    expect(samples).toHaveLength(0)
    expect(regions).toEqual([])
  })
})
