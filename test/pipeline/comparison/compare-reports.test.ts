import {describe, expect, test} from 'vitest'
import {compareReports} from '../../../src/pipeline/comparison/compare-reports.js'
import {ComparisonDocument} from '../../../src/pipeline/comparison/comparison-document.js'
import {labelFiles} from '../../../src/pipeline/comparison/label-files.js'
import type {EvaluationReport} from '../../../src/pipeline/evaluation/evaluation-report.js'
import {mapsswe} from '../../../src/pipeline/statistics/mapsswe.js'
import {exampleReport} from '../../support/evaluation-report.js'
import {reportOf, scoreOf, speed} from '../gates/gate-report.js'

const named = (label: string, report: EvaluationReport) => ({label, file: `${label}.json`, report})
const compared = (first: EvaluationReport, second: EvaluationReport, changed?: number) => {
  const document = compareReports([named('a', first), named('b', second)], {samples: 500, changed})
  expect(() => ComparisonDocument.parse(JSON.parse(JSON.stringify(document)))).not.toThrow()
  const [difference] = document.differences
  if (difference === undefined) throw new Error('a difference for each run but the first')
  return {document, difference}
}

describe('two runs that were asked the same', () => {
  const scores = (hypotheses: readonly string[]) =>
    hypotheses.map((operations, index) => scoreOf(`u${index}`, operations, {speaker: `s${index % 3}`}))
  const first = reportOf(6, 0, {
    ...speed(10),
    wer: 0.1,
    cer: 0.05,
    scores: scores(['==S==', '=====', 'SS===', '=====', '==D==', 'DDDDD']),
  })
  const second = reportOf(6, 0, {
    ...speed(15),
    wer: 0.2,
    cer: 0.04,
    scores: scores(['=====', '==S==', 'SS===', '=I====', '=====', '=====']),
  })

  test('are tested', () => {
    const {difference} = compared(first, second)
    expect(difference).toMatchObject({label: 'b', wer: 0.1, relativeWer: 1, speedup: 1.5, notComparable: []})
    expect(difference.cer).toBeCloseTo(-0.01)
    const alignments = first.scores.map(({operations}, index) => ({
      first: operations,
      second: second.scores[index]?.operations ?? '',
    }))
    expect(difference.tests?.mapsswe).toEqual(mapsswe(alignments))
    expect(difference.tests?.mcnemar).toMatchObject({firstOnly: 2, secondOnly: 3, method: 'exact', significant: false})
    expect(difference.tests?.bootstrap).toMatchObject({by: 'speaker', units: 3, samples: 500})
    expect(difference.tests?.bootstrap?.difference).toBeCloseTo((4 - 9) / 30)
    expect(difference).toMatchObject({improvedUtterances: 3, worsenedUtterances: 2})
  })

  test('are tested the other way round with the signs turned round', () => {
    const [there, back] = [compared(first, second).difference, compared(second, first).difference]
    expect(back.tests?.mapsswe.z).toBeCloseTo(-(there.tests?.mapsswe.z ?? 0))
    expect(back.tests?.mapsswe.p).toBe(there.tests?.mapsswe.p)
    expect(back.tests?.mcnemar).toMatchObject({firstOnly: 3, secondOnly: 2})
    expect(back.wer).toBe(-0.1)
  })

  test('are paired by id, not by place', () => {
    const turned = {...second, scores: [...second.scores].reverse()}
    expect(compared(first, turned).difference).toEqual(compared(first, second).difference)
  })

  test('show the utterances that changed most, without texts where there are none', () => {
    const {changed} = compared(first, second, 2).difference
    expect(changed).toEqual([
      {id: 'u5', speaker: 's2', words: 5, firstErrors: 5, errors: 0},
      {id: 'u0', speaker: 's0', words: 5, firstErrors: 1, errors: 0},
    ])
    expect(compared(first, second).difference.changed).toHaveLength(5)
    expect(compared(first, second, 0).difference.changed).toEqual([])
  })

  test('show texts where both have them', () => {
    const texts = (hypothesisText: string, operations: string) =>
      reportOf(1, 0, {scores: [scoreOf('u', operations, {referenceText: 'a cold day', hypothesisText})]})
    const {changed} = compared(texts('a cold day', '==='), texts('cold', 'D=D')).difference
    expect(changed).toMatchObject([
      {referenceText: 'a cold day', firstHypothesisText: 'a cold day', hypothesisText: 'cold'},
    ])
  })
})

describe('two runs that were not asked the same', () => {
  test.each<[string, Partial<EvaluationReport>, string]>([
    [
      'data set',
      {dataset: {...exampleReport().dataset, hash: 'b'.repeat(64)}},
      'the data set is samples (bbbbbbbbbbbb), not samples (a1b2c3d4e5f6)',
    ],
    [
      'normalizer',
      {normalizer: {...exampleReport().normalizer, hash: 'b'.repeat(64)}},
      'the normalizer is basic (bbbbbbbbbbbb), not basic (5e1a0c2d9b7f)',
    ],
    ['scoring', {scoring: {}}, 'the scoring option tolerances is unset, not {"compounds":false,"contractions":false}'],
    ['utterances', {scores: [scoreOf('other', '=')]}, 'the reports hold no scores of the same utterances'],
  ])('another %s: numbers, but no tests', (_, overrides, reason) => {
    const {difference} = compared(exampleReport(), exampleReport({...overrides, wer: 0.5}))
    expect(difference.notComparable[0]).toBe(reason)
    expect(difference).toMatchObject({tests: null, changed: [], improvedUtterances: null, worsenedUtterances: null})
    expect(difference.wer).toBeCloseTo(0.5 - (exampleReport().wer ?? 0))
  })

  test('speeds of two machines are not divided', () => {
    const environment = {...exampleReport().environment, cores: 64}
    expect(compared(exampleReport(), exampleReport({environment})).difference).toMatchObject({
      speedup: null,
      otherMachine: 'cores 64, not 2',
      notComparable: [],
    })
  })
})

test('what cannot be had is null', () =>
  expect(compared(exampleReport({wer: null, speed: null}), exampleReport()).difference).toMatchObject({
    wer: null,
    relativeWer: null,
    speedup: null,
  }))

test('a first run without errors has no relative difference', () =>
  expect(compared(reportOf(3, 0), reportOf(3, 1)).difference).toMatchObject({relativeWer: null}))

describe('labels', () => {
  test.each([
    [
      ['x/a.json', 'x/b.json'],
      ['a', 'b'],
    ],
    [
      ['x/a.json', 'y/a.json', 'c.JSON'],
      ['x/a.json', 'y/a.json', 'c'],
    ],
  ])('of %j are %j', (paths, labels) => expect(labelFiles(paths)).toEqual(labels))
})
