import {describe, expect, test} from 'vitest'
import type {SpeechRegion} from '../../../../src/pipeline/audio/vad/speech-regions.js'
import {
  createTimeMap,
  restoreSegment,
  restoreTimes,
  toRecordingSeconds,
} from '../../../../src/pipeline/audio/vad/time-map.js'
import type {Segment, Transcript, Word} from '../../../../src/pipeline/transcripts/transcript.js'

const SECOND = 16_000
const REGIONS: readonly SpeechRegion[] = [
  {start: 1 * SECOND, end: 3 * SECOND},
  {start: 10 * SECOND, end: 11 * SECOND},
  {start: 20.5 * SECOND, end: 24 * SECOND},
]

const segmentOf = (start: number, end: number, words?: readonly Word[]): Segment => ({
  id: 0,
  seek: 0,
  start,
  end,
  text: ' a',
  tokens: [],
  temperature: 0,
  averageLogProbability: 0,
  compressionRatio: 1,
  noSpeechProbability: 0,
  ...(words === undefined ? {} : {words}),
})

function random(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
}

describe('the time map', () => {
  test.each([
    [0, 'start', 1],
    [1.5, 'start', 2.5],
    [2, 'end', 3],
    [2, 'start', 10],
    [2.25, 'end', 10.25],
    [3, 'start', 20.5],
    [6.5, 'end', 24],
    [99, 'start', 24],
    [-1, 'start', 1],
  ] as const)('%d s of speech, as a segment’s %s, are at %d s', (speech, edge, recording) => {
    expect(toRecordingSeconds(createTimeMap(REGIONS), speech, edge)).toBe(recording)
  })

  test('is exact to the sample for every sample of the speech', () => {
    const map = createTimeMap(REGIONS)
    let speech = 0
    for (const {start, end} of REGIONS) {
      for (let at = start; at < end; at += 97) {
        const region = map.regionAt((speech + at - start) / SECOND, 'start')!
        expect((speech + at - start) / SECOND + region.offsetSeconds).toBeCloseTo(at / SECOND, 9)
        expect([region.startSeconds, region.endSeconds]).toEqual([start / SECOND, end / SECOND])
      }
      speech += end - start
    }
    expect(map.speechSamples).toBe(speech)
  })

  test('keeps words in the region their middle falls into', () => {
    const word = (start: number, end: number) => ({word: ' a', start, end, probability: 1})
    const {words, start, end} = restoreSegment(
      segmentOf(0, 4, [word(0.5, 1), word(1.7, 2.2), word(1.9, 2.4), word(2.9, 3.4)]),
      createTimeMap(REGIONS),
    )
    expect(words!.map(each => [each.start, each.end])).toEqual([
      [1.5, 2],
      [2.7, 3],
      [10, 10.4],
      [20.5, 20.9],
    ])
    expect([start, end]).toEqual([1.5, 20.9])
  })

  test('gives segments without words the times of their ends', () => {
    const {start, end} = restoreSegment(segmentOf(2, 3), createTimeMap(REGIONS))
    expect([start, end]).toEqual([10, 11])
  })

  test.each([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])('no word leaves its speech and none goes backwards (seed %i)', seed => {
    const next = random(seed)
    const regions: SpeechRegion[] = []
    for (let at = 0, i = 0; i < 20; i++) {
      const start = at + Math.floor(next() * 60_000)
      at = start + 1 + Math.floor(next() * 50_000)
      regions.push({start, end: at})
    }
    const map = createTimeMap(regions)
    const words: Word[] = []
    for (let at = 0; at < map.speechSamples / SECOND; ) {
      const end = at + next() * 0.8
      words.push({word: 'w', start: Math.round(at * 100) / 100, end: Math.round(end * 100) / 100, probability: 1})
      at = end + (next() < 0.3 ? next() : 0)
    }
    const restored = restoreSegment(segmentOf(0, words.at(-1)!.end, words), map)
    let last = 0
    for (const {start, end} of restored.words!) {
      const home = regions.find(region => start >= region.start / SECOND - 1e-3 && end <= region.end / SECOND + 1e-3)
      expect(home).toBeDefined()
      if (home!.end - home!.start > 32) {
        expect(start).toBeGreaterThanOrEqual(home!.start / SECOND - 1e-9)
        expect(end).toBeLessThanOrEqual(home!.end / SECOND + 1e-9)
      }
      expect(end).toBeGreaterThanOrEqual(start)
      expect(start).toBeGreaterThanOrEqual(last)
      last = start
    }
    expect(restored.start).toBe(restored.words![0]!.start)
    expect(restored.end).toBe(restored.words!.at(-1)!.end)
  })

  test('restores a whole transcript and leaves everything but the times alone', () => {
    const transcript: Transcript = {
      text: ' a',
      language: 'en',
      durationSeconds: 6.5,
      segments: [segmentOf(0, 1), segmentOf(5, 7)],
      suspects: [],
    }
    const restored = restoreTimes(transcript, createTimeMap(REGIONS), 30)
    expect(restored).toEqual({...transcript, durationSeconds: 30, segments: [segmentOf(1, 2), segmentOf(22.5, 24)]})
  })

  test('without any speech has no time but 0', () => {
    expect(toRecordingSeconds(createTimeMap([]), 3, 'start')).toBe(0)
  })
})
