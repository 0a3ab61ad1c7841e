import {expect, test} from 'vitest'
import {type SubtitleOptions, shapeSubtitles} from '../../../src/pipeline/transcripts/subtitles.js'

const words = (text: string, start = 0, step = 0.5) =>
  text.split(' ').map((word, index) => ({
    word: ` ${word}`,
    start: start + index * step,
    end: start + (index + 1) * step,
    probability: 1,
  }))

const segment = (text: string, start: number) => ({start, end: start + 2, text: ` ${text}`, words: words(text, start)})
const shape = (segments: Parameters<typeof shapeSubtitles>[0], options?: SubtitleOptions) =>
  [...shapeSubtitles(segments, options)].map(({startMilliseconds, endMilliseconds, text}) => [
    startMilliseconds,
    endMilliseconds,
    text,
  ])

test('without words each segment is a cue, and an arrow in the text cannot be taken for times', () => {
  expect(shape([{start: 0, end: 1, text: ' a --> b '}])).toEqual([[0, 1000, 'a -> b']])
})

test('an empty segment stays an empty cue where there are no words', () => {
  const segments = [
    {start: 0, end: 0, text: '', words: []},
    {start: 0, end: 1, text: ' a'},
  ]
  expect(shape(segments)).toEqual([
    [0, 0, ''],
    [0, 1000, 'a'],
  ])
})

test('a limit of 0 is no limit', () => {
  expect(shape([segment('a b', 0)], {maxLineWidth: 0, maxLineCount: 0, maxWordsPerLine: 0})).toEqual([[0, 1000, 'a b']])
})

test('with width and count, segments join unless a pause is longer than 3 s', () => {
  const options = {maxLineWidth: 20, maxLineCount: 2}
  expect(shape([segment('a b', 0), segment('c d', 3.5)], options)).toEqual([[0, 4500, 'a b c d']])
  expect(shape([segment('a b', 0), segment('c d', 3.51)], options)).toEqual([
    [0, 1000, 'a b'],
    [3510, 4510, 'c d'],
  ])
})

test('a highlighted word is underlined without the space before it, and gaps show the cue plainly', () => {
  const gap = {start: 0, end: 3, text: ' a b', words: [words('a', 0)[0]!, words('b', 2)[0]!]}
  expect(shape([gap], {highlightWords: true})).toEqual([
    [0, 500, '<u>a</u> b'],
    [500, 2000, 'a b'],
    [2000, 2500, 'a <u>b</u>'],
  ])
})
