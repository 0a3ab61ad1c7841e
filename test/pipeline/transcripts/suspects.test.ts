import {describe, expect, test} from 'vitest'
import {findSuspects} from '../../../src/pipeline/transcripts/suspects.js'
import type {Segment} from '../../../src/pipeline/transcripts/transcript.js'

const segment = (text: string, other: Partial<Segment> = {}): Segment => ({
  id: 0,
  seek: 0,
  start: 0,
  end: 2,
  text,
  tokens: [],
  temperature: 0,
  averageLogProbability: -0.3,
  compressionRatio: 1.2,
  noSpeechProbability: 0.01,
  ...other,
})

describe('one segment', () => {
  test.each([
    ['ordinary speech', segment(' It is what it is, and that is that.'), []],
    ['a word three times', segment(' No, no, no!'), []],
    ['a word four times', segment(' No, no, no, no!'), ['loop']],
    ['a passage four times', segment(' so it goes so it goes so it goes so it goes on'), ['loop']],
    ['a passage of eleven words four times', segment(` ${'a b c d e f g h i j k '.repeat(4)}`), ['loop']],
    ['a syllable without spaces', segment('谢谢观看谢谢观看谢谢观看谢谢观看'), ['loop']],
    ['laughter', segment('哈哈哈哈'), []],
    ['one character on and on', segment('啊啊啊啊啊啊啊啊啊'), ['loop']],
    ['text that compresses too well', segment(' a b', {compressionRatio: 2.5}), ['loop']],
    [
      'text at the limit',
      segment(' a b', {compressionRatio: 2.4, averageLogProbability: -1, noSpeechProbability: 0.6}),
      [],
    ],
    ['text in silence', segment(' Thank you.', {noSpeechProbability: 0.61}), ['silence']],
    ['text after the end', segment(' Thank you.', {start: 30.2, end: 31}), ['silence']],
    ['a guess', segment(' Thank you.', {averageLogProbability: -1.01}), ['low-confidence']],
    [
      'everything at once',
      segment(' x', {compressionRatio: 9, noSpeechProbability: 1, averageLogProbability: -9}),
      ['loop', 'silence', 'low-confidence'],
    ],
    ['no text', segment(' ', {compressionRatio: 9, noSpeechProbability: 1, averageLogProbability: -9}), []],
    [
      'numbers that are none',
      segment(' x', {averageLogProbability: Number.NaN, compressionRatio: Number.NaN, noSpeechProbability: Number.NaN}),
      [],
    ],
  ] as const)('%s', (_, one, kinds) => {
    expect(findSuspects([one], 30).map(({kind}) => kind)).toEqual(kinds)
  })
})

test('the same text in four segments in a row is a loop, whatever stands empty between', () => {
  const texts = [' Hi.', ' Thank you.', ' Thank you!', '', ' thank you', ' Thank you.', ' Bye.', ' Bye.']
  const suspects = findSuspects(
    texts.map((text, id) => segment(text, {id})),
    30,
  )
  expect(suspects.map(({segment}) => segment)).toEqual([1, 2, 4, 5])
  expect(suspects[0]?.detail).toBe('the same text in 4 segments in a row')
})

test('the thresholds can be set', () => {
  const one = segment(' x', {compressionRatio: 2, noSpeechProbability: 0.5, averageLogProbability: -0.8})
  const thresholds = {compressionRatioThreshold: 1.9, noSpeechThreshold: 0.4, logProbabilityThreshold: -0.7}
  expect(findSuspects([one], 30, thresholds)).toHaveLength(3)
  expect(findSuspects([one], 30)).toHaveLength(0)
})

test('the detail names what is repeated and how often', () => {
  expect(findSuspects([segment(' go on. Go on, go on go on go on.')], 30)[0]?.detail).toBe('"go on" 5 times in a row')
})

test('an hour of one word takes no time to look at', () => {
  const started = performance.now()
  findSuspects([segment(' word'.repeat(20_000))], 3600)
  expect(performance.now() - started).toBeLessThan(1000)
})
