import {expect, test} from 'vitest'
import {drawCharts} from '../../../src/pipeline/reports/charts/draw-charts.js'
import {smooth} from '../../../src/pipeline/reports/charts/smooth.js'
import {planTrainingCharts} from '../../../src/pipeline/reports/charts/training-curves.js'
import type {EvaluationPoint} from '../../../src/pipeline/training/training-report.js'
import {HOSTILE_TEXTS} from '../../support/hostile-texts.js'
import {doneEvent, evaluationEvent, planEvent, stepEvent} from '../../support/training-events.js'
import {trainingReport} from '../../support/training-report.js'
import {readXml, type XmlElement} from './read-xml.js'

const elementsOf = (root: XmlElement): XmlElement[] => [root, ...root.children.flatMap(elementsOf)]
const textsOf = (svg: string): string[] =>
  elementsOf(readXml(svg))
    .filter(({name}) => name === 'text')
    .map(({text}) => text)

/** Two evaluations of these data sets. */
const evaluationsOf = (names: readonly string[]): EvaluationPoint[] =>
  [100, 200].map(step => {
    const {results, epoch} = evaluationEvent(step, 40 / step)
    return {step, epoch, best: false, results: names.flatMap(dataset => results.map(one => ({...one, dataset})))}
  })

test('there is a chart of the loss, the learning rate and each measure, and each says in words what it shows', () => {
  expect(planTrainingCharts(trainingReport()).map(({name, alternative}) => [name, alternative])).toEqual([
    ['loss', 'Loss over 400 steps: from 100.0 to 0.2500.'],
    ['learning-rate', 'Learning rate: at most 0.002000, in the end 0.002000.'],
    ['dev-wer', 'WER, word error rate, by data set: digits-dev from 90.00 % to 25.00 %.'],
    ['dev-cer', 'CER, character error rate, by data set: digits-dev from 45.00 % to 12.50 %.'],
  ])
})

test('there is no chart of what there is nothing of', () => {
  const report = trainingReport({}, [planEvent(), stepEvent(1), evaluationEvent(1, 0.5), doneEvent()])
  expect(planTrainingCharts(report)).toEqual([])
})

test('the legend tells training and data sets apart, whatever these are called', async () => {
  const long = 'n'.repeat(50)
  const evaluations = evaluationsOf(['training', `${long}1`, `${long}2`, ''])
  const [loss, , wer] = await drawCharts(planTrainingCharts(trainingReport({evaluations})))
  const cut = `${'n'.repeat(31)}…`
  expect(textsOf(loss!.svg)).toEqual(
    expect.arrayContaining(['training', 'training, smoothed', 'dev: training', `dev: ${cut}`, `dev: ${cut} #2`]),
  )
  expect(textsOf(wer!.svg)).toEqual(expect.arrayContaining(['training', cut, `${cut} #2`, '(none)']))
})

test('a loss that falls far is shown on a logarithmic axis', () => {
  const scaleOf = (last: number) => {
    const report = trainingReport({}, [planEvent(), stepEvent(1), stepEvent(2, {loss: last}), doneEvent()])
    const [chart] = planTrainingCharts(report)
    return JSON.stringify(chart?.specification).includes('"log"')
  }
  expect([scaleOf(1), scaleOf(50), scaleOf(0), scaleOf(-1)]).toEqual([true, false, false, false])
})

test('the same report gives the same bytes', async () => {
  const draw = async () => (await drawCharts(planTrainingCharts(trainingReport()))).map(({svg}) => svg)
  expect(await draw()).toEqual(await draw())
})

test('whatever stands in the data, a chart is XML with nothing active in it, and its name one of a file', async () => {
  const texts = HOSTILE_TEXTS.filter(text => text.length < 100).slice(0, 30)
  const results = evaluationsOf(texts.slice(0, 5))
  const metrics = Object.fromEntries(texts.map((text, index) => [text, index]))
  const evaluations = results.map(point => ({...point, results: point.results.map(one => ({...one, metrics}))}))
  const charts = await drawCharts(planTrainingCharts(trainingReport({evaluations})))
  expect(charts).toHaveLength(10)
  for (const {name, svg} of charts) {
    expect(name).toMatch(/^[a-z0-9-]+$/)
    const names = new Set(elementsOf(readXml(svg)).map(element => element.name))
    expect([...names].filter(element => !/^(svg|g|rect|path|line|text)$/.test(element))).toEqual([])
    expect(svg.replaceAll(/"[^"]*"|>[^<]*</g, '')).not.toMatch(/\son\w+|href|style/)
    expect(svg).not.toMatch(/[\u200B\u2028-\u202E\u2066-\u2069]/)
  }
})

test.each([
  ['a constant stays, from its first value on', [3, 3, 3], [3, 3, 3]],
  ['later values weigh more', [0, 1], [0, 0.1 / 0.19]],
  ['nothing', [], []],
])('smoothing: %s', (_, values, smoothed) => {
  const found = smooth(values, 0.9)
  expect(found).toHaveLength(smoothed.length)
  for (const [index, value] of smoothed.entries()) expect(found[index]).toBeCloseTo(value, 12)
})
