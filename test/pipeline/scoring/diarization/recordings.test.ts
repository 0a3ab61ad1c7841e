import {describe, expect, test} from 'vitest'
import {parseRttm} from '../../../../src/pipeline/scoring/diarization/parse-rttm.js'
import {parseUem} from '../../../../src/pipeline/scoring/diarization/parse-uem.js'
import {scoreRecordings} from '../../../../src/pipeline/scoring/diarization/score-recordings.js'

/** `file speaker start end`, one turn a line. */
function turns(text: string) {
  const lines = text.split('\n').flatMap(line => {
    const [file, speaker, start, end] = line.trim().split(' ')
    return speaker === undefined ? [] : [`SPEAKER ${file} 1 ${start} ${Number(end) - Number(start)} - - ${speaker} - -`]
  })
  return parseRttm(lines.join('\n'), 'x.rttm').data
}

interface Options {
  readonly uem?: string
  readonly collar?: number
  readonly ignoreOverlap?: boolean
}

const score = (reference: string, hypothesis: string, {uem, collar = 0, ignoreOverlap = false}: Options = {}) =>
  scoreRecordings(
    {
      reference: turns(reference),
      hypothesis: turns(hypothesis),
      uem: uem === undefined ? undefined : parseUem(uem, 'x.uem').data,
    },
    {collarMicros: collar * 1e6, ignoreOverlap},
  )

describe('the parts of the error', () => {
  test.each<[string, string, string, Options, object]>([
    ['names do not matter', 'f a 0 4\nf b 4 6', 'f x 0 4\nf y 4 6', {}, {der: 0, jer: 0, correctSeconds: 6}],
    ['missed', 'f a 0 4', 'f x 0 3', {}, {der: 0.25, missedSeconds: 1, jer: 0.25}],
    ['false alarm', 'f a 0 4', 'f x 0 5', {}, {der: 0.25, falseAlarmSeconds: 1, jer: 0.2}],
    ['confusion', 'f a 0 4', 'f x 0 3\nf y 3 4', {}, {der: 0.25, confusionSeconds: 1, jer: 0.25}],
    ['overlap counts twice', 'f a 0 4\nf b 2 4', 'f x 0 4', {}, {totalSeconds: 6, missedSeconds: 2, jer: 0.5}],
    ['overlap ignored', 'f a 0 4\nf b 2 4', 'f x 0 4', {ignoreOverlap: true}, {totalSeconds: 2, der: 0, jer: 0.5}],
    ['a collar is on each side', 'f a 1 5', 'f x 1.5 4.5', {collar: 0.5}, {totalSeconds: 3, der: 0}],
    ['a collar as long as the turn', 'f a 0 1', 'f x 0 1', {collar: 0.5}, {totalSeconds: 0, der: 0, jer: 0}],
    ['turns that touch have a collar between them', 'f a 0 2\nf a 2 4', 'f x 0 4', {collar: 0.25}, {totalSeconds: 3}],
    ['turns of one speaker that overlap are one', 'f a 0 2\nf a 1 4', 'f x 0 4', {collar: 0.25}, {totalSeconds: 3.5}],
    ['one speaker does not overlap himself', 'f a 0 2\nf a 1 4', 'f x 0 4', {ignoreOverlap: true}, {totalSeconds: 4}],
    ['a UEM', 'f a 0 4', 'f x 0 2', {uem: 'f 1 1 3'}, {totalSeconds: 2, missedSeconds: 1, jer: 0.5}],
    ['regions of a UEM that overlap', 'f a 0 4', 'f x 0 4', {uem: 'f 1 0 3\nf 1 1 4'}, {totalSeconds: 4}],
    ['a UEM beyond the turns', 'f a 1 2', 'f x 1 2', {uem: 'f 1 0 9'}, {totalSeconds: 1, der: 0}],
    ['a UEM where nobody speaks', 'f a 0 4', 'f x 0 4', {uem: 'f 1 8 9'}, {totalSeconds: 0, der: 0, jer: 0}],
    ['only false alarm where it is scored', 'f a 0 4', 'f x 0 9', {uem: 'f 1 8 9'}, {totalSeconds: 0, der: 1, jer: 1}],
    ['turns of no length', 'f a 0 4\nf b 2 2', 'f x 0 4\nf y 1 1', {ignoreOverlap: true}, {der: 0, totalSeconds: 4}],
    ['an empty hypothesis', 'f a 0 4', '', {}, {der: 1, jer: 1, missedSeconds: 4}],
  ])('%s', (_, reference, hypothesis, options, expected) =>
    expect(score(reference, hypothesis, options)).toMatchObject(expected),
  )
})

test('the pairing is the best for all together, and tells who has no partner', () => {
  const {recordings} = score('f a 0 10\nf b 10 14', 'f x 0 5\nf x 10 14\nf y 5 10\nf z 20 21')
  expect(recordings[0]?.mapping).toEqual([
    {reference: 'a', hypothesis: 'y'},
    {reference: 'b', hypothesis: 'x'},
  ])
  expect(recordings[0]?.speakers).toEqual({reference: 2, hypothesis: 3})
})

test('who never speak together are no pair', () => {
  expect(score('f a 0 1\nf b 1 2', 'f x 0 1\nf y 5 6').recordings[0]?.mapping).toEqual([
    {reference: 'a', hypothesis: 'x'},
  ])
})

test('thousands of boundaries at tenths of a second leave no dust', () => {
  const many = Array.from({length: 5000}, (_, i) => `f s${i % 3} ${(i / 10).toFixed(1)} ${((i + 1) / 10).toFixed(1)}`)
  expect(score(many.join('\n'), many.join('\n'))).toMatchObject({
    totalSeconds: 500,
    correctSeconds: 500,
    der: 0,
    jer: 0,
  })
})

describe('recordings on one side', () => {
  test('count as missed or false alarm, and are told', () => {
    const both = score('f a 0 4\ng a 0 2', 'f x 0 4\nh x 0 1')
    expect(both).toMatchObject({totalSeconds: 6, missedSeconds: 2, falseAlarmSeconds: 1, der: 0.5, jer: 0.5})
    expect(both.recordings.map(({recording, der, jer}) => [recording, der, jer])).toEqual([
      ['f', 0, 0],
      ['g', 1, 1],
      ['h', 1, 1],
    ])
    expect(both.warnings).toEqual([
      'not in the hypothesis, so missed as a whole: g',
      'not in the reference, so false alarm: h',
    ])
  })

  test('are left out where the UEM leaves them out', () => {
    const scored = score('f a 0 4\ng a 0 2', 'f x 0 4\nh x 0 1', {uem: 'f 1 0 4'})
    expect(scored.recordings).toHaveLength(1)
    expect(scored.warnings).toEqual(['not in the UEM, so not scored: g, h'])
  })

  test.each([
    ['f a 0 1', 'g x 0 1', undefined, 'no recording is in reference and hypothesis\n  reference: f\n  hypothesis: g'],
    ['', 'g x 0 1', undefined, '  reference: none\n  hypothesis: g'],
    ['f a 0 1', 'f x 0 1', 'f.wav 1 0 1', 'UEM: f.wav'],
  ])('%j and %j with the UEM %j are refused: the names differ', (reference, hypothesis, uem, message) =>
    expect(() => score(reference, hypothesis, uem === undefined ? {} : {uem})).toThrow(message),
  )
})
