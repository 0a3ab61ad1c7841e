import {describe, expect, test} from 'vitest'
import {parseCtm} from '../../../../src/pipeline/scoring/diarization/parse-ctm.js'
import {parseStm} from '../../../../src/pipeline/scoring/diarization/parse-stm.js'
import {scoreSessions} from '../../../../src/pipeline/scoring/diarization/score-sessions.js'

const stm = (text: string) => parseStm(text, 'x.stm').data
const ctm = (text: string) => parseCtm(text, 'x.ctm').data
const asIs = (text: string) => text
const score = (reference: string, hypothesis: string) => scoreSessions(stm(reference), stm(hypothesis), asIs)

describe('speakers', () => {
  test('are paired for the fewest errors, whatever their names', () => {
    const scored = score('f 1 a 0 1 one two\nf 1 b 1 2 three', 'f 1 b 0 1 one two\nf 1 a 1 2 three')
    expect(scored).toMatchObject({cpwer: 0, hits: 3})
    expect(scored.sessions[0]?.assignment).toEqual([
      {reference: 'a', hypothesis: 'b'},
      {reference: 'b', hypothesis: 'a'},
    ])
  })

  test('that are missing are deleted', () => {
    const scored = score('f 1 a 0 1 one two\nf 1 b 1 2 three', 'f 1 x 0 2 one two')
    expect(scored).toMatchObject({errors: 1, deletions: 1, referenceWords: 3})
    expect(scored.speakers).toEqual({reference: 2, hypothesis: 1, missed: 1, falseAlarm: 0})
    expect(scored.sessions[0]?.assignment).toContainEqual({reference: 'b', hypothesis: null})
  })

  test('that are too many are inserted', () => {
    const scored = score('f 1 a 0 1 one two', 'f 1 x 0 2 one two\nf 1 y 0 1 three four')
    expect(scored).toMatchObject({errors: 2, insertions: 2, cpwer: 1})
    expect(scored.speakers).toEqual({reference: 1, hypothesis: 2, missed: 0, falseAlarm: 1})
    expect(scored.sessions[0]?.assignment).toContainEqual({reference: null, hypothesis: 'y'})
  })

  test('without a word of reference give no rate', () => {
    expect(score('f 1 a 0 1', 'f 1 x 0 1 one')).toMatchObject({cpwer: null, insertions: 1})
  })
})

test('segments are put in the order of their times', () => {
  expect(score('f 1 a 5 6 two\nf 1 a 0 1 one', 'f 1 x 0 1 one\nf 1 x 5 6 two').errors).toBe(0)
})

test('without a time for each segment the order of the file stands', () => {
  const timed = (text: string, startMicros?: number) => ({
    session: 'f',
    speaker: 'a',
    text,
    time: startMicros === undefined ? undefined : {startMicros, endMicros: startMicros},
  })
  const transcript = {
    segments: [timed('one', 9), timed('two'), timed('three', 1)],
    ignored: new Map(),
    wordByWord: false,
  }
  expect(scoreSessions(stm('f 1 a 0 1 one two three'), transcript, asIs).errors).toBe(0)
})

test('a normalizer sees a segment of an STM, and all the words of a speaker of a CTM', () => {
  const seen: string[] = []
  const normalize = (text: string) => {
    seen.push(text)
    return text.toLowerCase()
  }
  const scored = scoreSessions(
    stm('f 1 a 0 2 One Two\nf 1 a 2 4 Three'),
    ctm('f A 0 1 one\nf A 1 1 TWO\nf A 2 1 three'),
    normalize,
  )
  expect(scored.errors).toBe(0)
  expect(seen).toEqual(['One Two', 'Three', 'one TWO three'])
})

describe('an ignored time', () => {
  const reference = `\
f 1 gap 0 10 ignore_time_segment_in_scoring
f 1 a 10 20 one two
f 1 b 4 6 three`

  test('takes away what the hypothesis says there, but where somebody is scored', () => {
    const words = ['f A 0 1 noise', 'f A 9 1 noise', 'f A 10 1 one', 'f A 12 1 two', 'f B 4.5 1 three']
    expect(scoreSessions(stm(reference), ctm(words.join('\n')), asIs)).toMatchObject({errors: 0, hits: 3})
  })

  test.each([
    ['f A 0 0 edge', 0],
    ['f A 9.999 0 edge', 0],
    ['f A 10 0 edge', 1],
  ])('holds its beginning and not its end: %s', (word, insertions) => {
    const words = ['f A 11 1 one', 'f A 12 1 two', 'f B 4.5 1 three', word]
    const scored = scoreSessions(stm(reference.replace('10 20', '10.5 20')), ctm(words.join('\n')), asIs)
    expect(scored.insertions).toBe(insertions)
  })

  test('may be a whole session', () => {
    const scored = scoreSessions(
      stm(`${reference}\ng 1 gap 0 9 ignore_time_segment_in_scoring`),
      ctm('f A 10 1 one\ng A 1 1 noise'),
      asIs,
    )
    expect(scored.sessions.map(({session}) => session)).toEqual(['f'])
  })

  test('does not take what is said outside', () => {
    const words = ['f A 10 1 one', 'f A 12 1 two', 'f B 4.5 1 three', 'f B 20 1 noise']
    expect(scoreSessions(stm(reference), ctm(words.join('\n')), asIs)).toMatchObject({insertions: 1})
  })
})

describe('sessions on one side', () => {
  const sessions = (count: number, speaker: string) =>
    Array.from({length: count}, (_, index) => `s${index} 1 ${speaker} 0 1 one`).join('\n')

  test('only in the hypothesis are an error', () => {
    expect(() => score(sessions(1, 'a'), sessions(2, 'x'))).toThrow(
      'sessions of the hypothesis that the reference lacks: s1',
    )
  })

  test('only in the reference are deleted and told, up to a tenth', () => {
    const scored = score(sessions(10, 'a'), sessions(9, 'x'))
    expect(scored).toMatchObject({deletions: 1, cpwer: 0.1})
    expect(scored.warnings).toEqual(['not in the hypothesis, so deleted as a whole: s9'])
  })

  test('only in the reference are an error where they are more', () => {
    expect(() => score(sessions(10, 'a'), sessions(8, 'x'))).toThrow(
      '2 of 10 sessions of the reference are not in the hypothesis: s8, s9',
    )
  })

  test('no reference at all is an error', () => {
    expect(() => score('', sessions(1, 'x'))).toThrow('the reference has no segments to score')
  })
})
