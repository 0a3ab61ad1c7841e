import {readFileSync} from 'node:fs'
import {describe, expect, test} from 'vitest'
import {
  addSpan,
  type RegionRules,
  type SpeechRegion,
  SpeechTracker,
  speechRegions,
} from '../../../../src/pipeline/audio/vad/speech-regions.js'

interface Case {
  readonly options: {
    readonly threshold: number
    readonly min_speech_duration_ms: number
    readonly min_silence_duration_ms: number
    readonly speech_pad_ms: number
    readonly max_speech_duration_s?: number
  }
  readonly samples: number
  readonly scores: readonly number[]
  readonly regions: readonly (readonly [number, number])[]
}

const cases: readonly Case[] = JSON.parse(
  readFileSync(new URL('../../../data/vad-reference/regions.json', import.meta.url), 'utf8'),
)

const rulesOf = ({options}: Case): RegionRules => ({
  threshold: options.threshold,
  minSpeechSeconds: options.min_speech_duration_ms / 1000,
  minSilenceSeconds: options.min_silence_duration_ms / 1000,
  padSeconds: options.speech_pad_ms / 1000,
  maxSpeechSeconds: options.max_speech_duration_s,
})

const RULES: RegionRules = {
  threshold: 0.5,
  minSpeechSeconds: 0,
  minSilenceSeconds: 2,
  padSeconds: 0.4,
}

describe('speech regions', () => {
  test('are those of silero-vad for random scores and options', () => {
    for (const golden of cases) {
      const regions = speechRegions(golden.scores, golden.samples, rulesOf(golden))
      expect(regions.map(({start, end}) => [start, end])).toEqual(golden.regions)
    }
    expect(cases.flatMap(({regions}) => regions).length).toBeGreaterThan(100)
  })

  test('are told piece by piece, in order, never of samples that were already decided', () => {
    for (const golden of cases) {
      const tracker = new SpeechTracker(rulesOf(golden))
      const regions: SpeechRegion[] = []
      let decided = 0
      let told = 0
      for (const score of golden.scores) {
        for (const span of tracker.push(score)) {
          expect(span.start).toBeGreaterThanOrEqual(Math.max(decided, told))
          if (!span.opens) expect(span.start).toBe(told)
          told = span.end
          addSpan(regions, span)
        }
        expect(tracker.decidedSamples).toBeGreaterThanOrEqual(decided)
        decided = tracker.decidedSamples
        expect(told).toBeLessThanOrEqual(decided)
      }
      for (const span of tracker.finish(golden.samples)) addSpan(regions, span)
      expect(regions.map(({start, end}) => [start, end])).toEqual(golden.regions)
    }
  })

  test.each([
    ['without a limit', undefined, 2 + 0.4 + 0.1],
    ['with a limit of 10 s', 10, 10 + 2 + 0.4 + 0.1],
  ])('leave little undecided in ten minutes of speech %s', (_, maxSpeechSeconds, boundSeconds) => {
    const tracker = new SpeechTracker({...RULES, maxSpeechSeconds})
    let open = 0
    for (let window = 1; window <= 18_750; window++) {
      tracker.push(window % 700 < 600 ? 0.9 : 0.1)
      open = Math.max(open, window * 512 - tracker.decidedSamples)
    }
    expect(open / 16_000).toBeLessThanOrEqual(boundSeconds)
  })

  test.each([
    ['nothing at all', [], 0, []],
    ['silence', Array(100).fill(0), 51_200, []],
    ['speech from end to end', Array(100).fill(1), 51_000, [{start: 0, end: 51_000}]],
    ['a last window that is cut short', [...Array(50).fill(0), 1], 25_700, [{start: 19_200, end: 25_700}]],
  ])('of %s', (_, scores, samples, regions) => {
    expect(speechRegions(scores, samples, RULES)).toEqual(regions)
  })
})
