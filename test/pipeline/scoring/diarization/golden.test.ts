import {readFileSync} from 'node:fs'
import {expect, test} from 'vitest'
import {parseStm} from '../../../../src/pipeline/scoring/diarization/parse-stm.js'
import {diarizationErrorRate, jaccardErrorRate} from '../../../../src/pipeline/scoring/diarization/rates.js'
import {scoreRecording} from '../../../../src/pipeline/scoring/diarization/score-recording.js'
import {scoreRecordings} from '../../../../src/pipeline/scoring/diarization/score-recordings.js'
import {scoreSessions} from '../../../../src/pipeline/scoring/diarization/score-sessions.js'

const lines = (name: string) =>
  readFileSync(new URL(`../../../data/diarization-reference/${name}`, import.meta.url), 'utf8')
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line))

type MilliTurn = readonly [speaker: string, start: number, duration: number]

interface DerCase {
  readonly reference: readonly MilliTurn[]
  readonly hypothesis: readonly MilliTurn[]
  readonly uem: readonly (readonly [number, number])[] | null
  readonly collar: number
  readonly ignoreOverlap: boolean
  readonly expected: Readonly<Record<string, number>>
}

const toTurns = (turns: readonly MilliTurn[]) =>
  turns.map(([speaker, start, duration]) => ({
    speaker,
    startMicros: start * 1000,
    endMicros: (start + duration) * 1000,
  }))

const derCases: readonly DerCase[] = lines('der.jsonl')

test.each(derCases.map((given, index) => [index, given] as const))(
  'case %i: the errors are those of pyannote.metrics, the Jaccard error rate that of dscore',
  (_, {reference, hypothesis, uem, collar, ignoreOverlap, expected}) => {
    const evaluated = uem?.map(([start, end]) => ({startMicros: start * 1000, endMicros: end * 1000}))
    const score = scoreRecording(
      {reference: toTurns(reference), hypothesis: toTurns(hypothesis), evaluated},
      {collarMicros: collar * 1e6, ignoreOverlap},
    )
    const {totalMicros, correctMicros, missedMicros, falseAlarmMicros, confusionMicros} = score.errors
    const seconds = {
      total: totalMicros / 1e6,
      correct: correctMicros / 1e6,
      missed: missedMicros / 1e6,
      falseAlarm: falseAlarmMicros / 1e6,
      confusion: confusionMicros / 1e6,
    }
    for (const [name, value] of Object.entries(seconds)) expect(value, name).toBeCloseTo(expected[name] ?? NaN, 6)
    expect(totalMicros).toBe(correctMicros + missedMicros + confusionMicros)
    expect(diarizationErrorRate(score.errors)).toBeCloseTo(expected.der ?? NaN, 7)
    expect(jaccardErrorRate([score])).toBeCloseTo(expected.jer ?? NaN, 8)
  },
)

test('the cases cover collars, ignored overlap, UEM, and empty sides', () => {
  expect(derCases.length).toBeGreaterThan(200)
  for (const collar of [0, 0.25, 0.5])
    for (const ignore of [false, true])
      for (const uem of [false, true])
        expect(
          derCases.some(
            given =>
              given.collar === collar &&
              given.ignoreOverlap === ignore &&
              (given.uem !== null) === uem &&
              (given.expected.confusion ?? 0) > 0,
          ),
          `collar ${collar}, ignore ${ignore}, UEM ${uem}`,
        ).toBe(true)
  expect(derCases.some(({hypothesis}) => hypothesis.length === 0)).toBe(true)
  expect(derCases.some(({reference}) => reference.length === 0)).toBe(true)
})

test('the overall rates are over all speaker time, and over all speakers, of all recordings', () => {
  const chosen = derCases.filter(({uem, collar, ignoreOverlap}) => uem === null && collar === 0.25 && !ignoreOverlap)
  const side = (of: 'reference' | 'hypothesis') =>
    new Map(chosen.map((given, index) => [`f${index}`, toTurns(given[of])] as const))
  const score = scoreRecordings(
    {reference: side('reference'), hypothesis: side('hypothesis'), uem: undefined},
    {collarMicros: 250_000, ignoreOverlap: false},
  )
  const sum = (name: string) => chosen.reduce((sofar, {expected}) => sofar + (expected[name] ?? 0), 0)
  expect(chosen.length).toBeGreaterThan(10)
  expect(score.der).toBeCloseTo((sum('missed') + sum('falseAlarm') + sum('confusion')) / sum('total'), 7)
  const speakers = score.recordings.map(({speakers}) => speakers.reference)
  const weighted = chosen.reduce((sofar, {expected}, index) => sofar + (expected.jer ?? 0) * (speakers[index] ?? 0), 0)
  expect(score.jer).toBeCloseTo(weighted / speakers.reduce((a, b) => a + b, 0), 7)
})

interface CpCase {
  readonly reference: string
  readonly hypothesis: string
  readonly expected: Readonly<Record<string, Readonly<Record<string, number>>>>
}

const cpCases: readonly CpCase[] = lines('cpwer.jsonl')

test.each(cpCases.map((given, index) => [index, given] as const))(
  'case %i: cpWER is that of meeteval',
  (_, {reference, hypothesis, expected}) => {
    const score = scoreSessions(parseStm(reference, 'ref.stm').data, parseStm(hypothesis, 'hyp.stm').data, text => text)
    const found = score.sessions.map(({session, errors, referenceWords, insertions, deletions, speakers}) => [
      session,
      {
        errors,
        length: referenceWords,
        insertionsMinusDeletions: insertions - deletions,
        missedSpeakers: speakers.missed,
        falseAlarmSpeakers: speakers.falseAlarm,
        scoredSpeakers: speakers.reference,
      },
    ])
    expect(Object.fromEntries(found)).toEqual(expected)
    expect(score.errors).toBe(Object.values(expected).reduce((sofar, {errors = 0}) => sofar + errors, 0))
  },
)
