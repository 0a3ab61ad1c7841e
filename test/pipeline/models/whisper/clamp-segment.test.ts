import {expect, test} from 'vitest'
import {placeWithin} from '../../../../src/pipeline/models/whisper/clamp-segment.js'

const segment = {
  id: 3,
  seek: 0,
  start: 4,
  end: 12,
  text: ' one two',
  tokens: [],
  temperature: 0,
  averageLogProbability: -0.1,
  compressionRatio: 1,
  noSpeechProbability: 0,
  words: [
    {word: ' one', start: 4, end: 9, probability: 1},
    {word: ' two', start: 9, end: 12, probability: 1},
  ],
}

test.each([
  [12, 12, undefined],
  [11.985, 12, undefined],
  [10, 12, 'timestamps-past-end'],
])('without clamping times stay, in a recording of %d s', (duration, end, kind) => {
  const placed = placeWithin(segment, duration, false)
  expect(placed.segment.end).toBe(end)
  expect(placed.suspects[0]?.kind).toBe(kind)
})

test('clamping cuts the segment and its words where the recording ends', () => {
  const {segment: clamped, suspects} = placeWithin(segment, 8.5, true)
  expect([clamped.start, clamped.end]).toEqual([4, 8.5])
  expect(clamped.words?.map(({start, end}) => [start, end])).toEqual([
    [4, 8.5],
    [8.5, 8.5],
  ])
  expect(suspects).toEqual([{kind: 'timestamps-clamped', segment: 3, detail: '4.00–12.00 s in a recording of 8.50 s'}])
})
