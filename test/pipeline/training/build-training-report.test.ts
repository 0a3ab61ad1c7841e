import {expect, test} from 'vitest'
import {buildTrainingReport} from '../../../src/pipeline/training/build-training-report.js'
import {thinCurve} from '../../../src/pipeline/training/thin-curve.js'
import {TrainingReport} from '../../../src/pipeline/training/training-report.js'
import {doneEvent, evaluationEvent, linesOf, planEvent, runEvents, stepEvent} from '../../support/training-events.js'
import {trainingFacts, trainingReport} from '../../support/training-report.js'

test('the schema takes what a run gives, and nothing besides', () => {
  const report = trainingReport()
  expect(TrainingReport.parse(JSON.parse(JSON.stringify(report)))).toEqual(report)
  expect(TrainingReport.safeParse({...report, other: 1}).success).toBe(false)
})

test('a report tells the whole of a run', () => {
  const {outcome, model, data, speed, curve, startedAt, finishedAt} = trainingReport()
  expect(outcome).toEqual({
    reason: 'finished',
    steps: 400,
    plannedSteps: 400,
    epochs: 8,
    seconds: 750,
    resumes: 0,
    best: {
      step: 300,
      dataset: 'digits-dev',
      metric: 'wer',
      value: 0.196,
      folder: 'models/digits/checkpoint-300',
      averaged: [],
    },
    folder: 'models/digits',
  })
  expect(model).toMatchObject({parameters: 1_234_567, hash: 'c'.repeat(64)})
  expect(data.skipped).toEqual([{audio: 'broken.wav', reason: 'broken.wav is damaged'}])
  expect(speed).toEqual({framesPerSecond: 12_345, audioSecondsPerSecond: 123.45})
  expect(curve.map(({step, loss}) => [step, loss])).toEqual([1, 100, 200, 300, 400].map(step => [step, 100 / step]))
  expect([startedAt, finishedAt]).toEqual(['2026-01-01T00:00:00.000Z', '2026-01-01T00:00:13.000Z'])
})

test('examples are those of the best evaluation, which alone is called so', () => {
  const {evaluations} = trainingReport()
  expect(evaluations.map(({step, best, results}) => [step, best, results[0]?.examples.length])).toEqual([
    [100, false, 0],
    [200, false, 0],
    [300, true, 1],
    [400, false, 0],
  ])
})

test('a resumed run is one run', () => {
  const skipped = [{audio: 'broken.wav', reason: 'broken.wav is damaged'}]
  const events = [
    ...runEvents.slice(0, -1),
    doneEvent({reason: 'interrupted'}),
    planEvent({resumedStep: 400, steps: 500, skipped, warnings: ['few data']}),
    {type: 'warning' as const, message: 'few data'},
    evaluationEvent(400, 0.25),
    stepEvent(500),
    doneEvent({steps: 500, seconds: 900}),
  ]
  const report = buildTrainingReport(linesOf(events), trainingFacts)
  expect(report.outcome).toMatchObject({reason: 'finished', steps: 500, plannedSteps: 500, resumes: 1, seconds: 900})
  expect(report.data.skipped).toEqual(skipped)
  expect(report.warnings).toEqual(['few data'])
  expect(report.evaluations.map(({step}) => step)).toEqual([100, 200, 300, 400])
})

test('without a plan or an end there is no report', () => {
  expect(() => buildTrainingReport(linesOf(runEvents.slice(1)), trainingFacts)).toThrow('a plan and an end')
  expect(() => buildTrainingReport(linesOf(runEvents.slice(0, -1)), trainingFacts)).toThrow('a plan and an end')
})

test('of many steps neighbours become one point with their mean loss', () => {
  const steps = Array.from({length: 1203}, (_, index) =>
    stepEvent(index + 1, {
      loss: index,
      parts: index === 3 ? {} : {phones: index},
      gradientNorm: index % 3 === 0 ? null : index,
      learningRate: index,
    }),
  )
  const curve = thinCurve(steps)
  expect(curve).toHaveLength(401)
  expect(curve[0]).toEqual({step: 3, epoch: 0.06, loss: 1, parts: {phones: 1}, learningRate: 2, gradientNorm: 1.5})
  expect(curve[1]?.parts).toEqual({phones: 4.5})
  expect(curve.at(-1)?.step).toBe(1203)
  expect(thinCurve([stepEvent(1, {gradientNorm: null})])[0]?.gradientNorm).toBeNull()
  expect(thinCurve([])).toEqual([])
})
