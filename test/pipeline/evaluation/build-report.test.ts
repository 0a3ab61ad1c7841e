import {describe, expect, test} from 'vitest'
import {buildReport, type ReportFacts} from '../../../src/pipeline/evaluation/build-report.js'
import {EvaluationReport} from '../../../src/pipeline/evaluation/evaluation-report.js'
import type {Hypothesis} from '../../../src/pipeline/evaluation/hypotheses.js'
import {pairUtterances} from '../../../src/pipeline/evaluation/pair-utterances.js'
import {openScoring} from '../../../src/pipeline/evaluation/scoring-options.js'
import {exampleReport} from '../../support/evaluation-report.js'
import {utterance} from './selected-dataset.js'

const {normalizer, scoring, model, options, dataset, environment, command, startedAt, finishedAt} = exampleReport()
const facts: ReportFacts = {
  name: 'a model on a set',
  failures: [],
  missing: 0,
  wallSeconds: 4,
  warnings: [],
  ...{normalizer, scoring, model, options, dataset, environment, command, startedAt, finishedAt},
}
const asked = {by: ['speaker', 'language', 'accent'], worst: 2, bootstrapSamples: 200, seed: 1, texts: true}

const UTTERANCES = [
  utterance('a', {text: 'One two three four.', speaker: 's1', columns: {accent: 'north'}}),
  utterance('b', {text: 'five six', speaker: 's2', language: 'en', columns: {accent: 'north'}}),
  utterance('c', {text: 'seven eight', speaker: 's2', columns: {accent: 'south'}}),
  utterance('d', {text: '', speaker: 's1', columns: {}}),
]
const heard = (text: string, latencySeconds?: number): Hypothesis => ({
  status: 'ok',
  text,
  durationSeconds: 3,
  latencySeconds,
})

async function report(texts: Readonly<Record<string, Hypothesis>>, more: Partial<ReportFacts> = {}, how = asked) {
  const {score} = await openScoring({normalizer: {name: 'basic'}})
  const scores = pairUtterances(UTTERANCES, new Map(Object.entries(texts)), '/').map(score)
  return EvaluationReport.parse(buildReport(scores, {...facts, ...more}, how))
}

test('what failed and what is missing counts as empty, and as nothing else', async () => {
  const found = await report(
    {a: heard('one two three five'), b: {status: 'failed', error: {code: 'AUDIO_EMPTY', message: 'empty'}}},
    {missing: 2, failures: [{id: 'b', error: {code: 'AUDIO_EMPTY', message: 'empty'}}]},
  )
  expect(found).toMatchObject({
    wer: 5 / 8,
    words: {hits: 3, substitutions: 1, deletions: 4, insertions: 0},
    utterances: {total: 4, scored: 1, correct: 1, failed: 1, missing: 2, emptyReferences: 1, emptyHypotheses: 3},
  })
  expect(found.worst.map(({id}) => id)).toHaveLength(2)
})

test('an empty hypothesis is never taken for the reference', async () => {
  const found = await report({a: heard(''), b: heard(' '), c: heard('...'), d: heard('')})
  expect(found).toMatchObject({wer: 1, utterances: {correct: 1, emptyHypotheses: 4}})
})

test('without texts no word of them is in the report', async () => {
  const texts = {a: heard('one two three five'), b: heard('five six seven')}
  const words = /three|four|five|seven/i
  expect(JSON.stringify(await report(texts))).toMatch(words)
  const kept = await report(texts, {}, {...asked, texts: false})
  expect(JSON.stringify(kept)).not.toMatch(words)
  expect(kept.scores[0]).toMatchObject({operations: '===S'})
})

describe('speed', () => {
  test('is that of what was recognised, over the time of the run', async () => {
    const texts = {a: heard('x', 0.5), b: heard('x', 1.5), c: heard('x', 1), d: heard('', 1)}
    expect((await report(texts)).speed).toEqual({
      audioSeconds: 12,
      wallSeconds: 4,
      rtfx: 3,
      realTimeFactor: 1 / 3,
      latencySeconds: {count: 4, mean: 1, p50: 1, p90: 1.35, p99: 1.485, max: 1.5},
    })
  })

  test('is null where it was not measured, and has no rate where nothing was recognised', async () => {
    expect((await report({a: heard('x')}, {wallSeconds: undefined})).speed).toBeNull()
    expect((await report({})).speed).toMatchObject({audioSeconds: 0, rtfx: null, latencySeconds: null})
  })
})

test('columns of the data set, its language among them, can be broken down by', async () => {
  const {breakdowns} = await report({a: heard('one two three four'), b: heard('five'), c: heard('x y')})
  expect(breakdowns.map(({by}) => by)).toEqual(['speaker', 'language', 'accent'])
  const accents = Object.fromEntries(breakdowns[2]?.groups.map(({value, wer}) => [value, wer]) ?? [])
  expect(accents).toMatchObject({north: 1 / 6, south: 1})
})

test('without texts nothing of them is in the scores', async () => {
  const {scores} = await report({a: heard('secret words')}, {}, {...asked, texts: false})
  expect(scores[0]).toMatchObject({id: 'a', speaker: 's1', operations: expect.stringMatching(/^[SDI]+$/)})
  expect(JSON.stringify(scores)).not.toMatch(/secret|One|Text/)
})

test('the same scores give the same report', async () => {
  const texts = {a: heard('one too three'), b: heard('five six'), c: heard('seven')}
  expect(await report(texts)).toEqual(await report(texts))
})
