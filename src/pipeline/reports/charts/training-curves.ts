import {formatCount} from '../../text/format-count.js'
import {formatMetric, formatNumber, isRate, metricLongTitle, metricTitle} from '../../text/format-metric.js'
import type {CurvePoint, TrainingReport} from '../../training/training-report.js'
import type {ChartPlan} from './chart.js'
import {CHART_STYLE, CHART_WIDTH, COLOURS} from './chart-style.js'
import {SERIES_COLOURS, seriesLabels} from './series.js'
import {smooth} from './smooth.js'

const HEIGHT = 220 // pixels
const MOST_METRICS = 8 // charts beyond that are not looked at
const SMOOTHING = 0.9 // weight of what came before
const LOSS = 'loss' // a measure that stands in the chart of the training loss
const TRAIN = 'training'
const SMOOTHED = 'training, smoothed'
/** A loss that falls by more than this is shown on a logarithmic axis. */
const WIDE_RANGE = 30

/** The curves of a run that has any: its loss, its learning rate, and each measure of its evaluations. */
export function planTrainingCharts(report: TrainingReport): ChartPlan<string>[] {
  const metrics = new Set(
    report.evaluations.flatMap(({results}) => results.flatMap(result => Object.keys(result.metrics))),
  )
  return [
    lossChart(report),
    learningRateChart(report),
    ...[...metrics]
      .filter(metric => metric !== LOSS)
      .slice(0, MOST_METRICS)
      .map((metric, index) => metricChart(report, metric, index)),
  ].flatMap(plan => plan ?? [])
}

interface Point {
  readonly series: string
  readonly step: number
  readonly value: number
}

const x = {field: 'step', type: 'quantitative', title: 'step', axis: {format: '~s', grid: false}} as const

function lossChart({curve, evaluations}: TrainingReport): ChartPlan<string> | undefined {
  const [first, last] = [curve[0], curve.at(-1)]
  if (first === undefined || last === undefined || curve.length < 2) return undefined
  const training = points(
    TRAIN,
    curve,
    curve.map(({loss}) => loss),
  )
  const smoothed = points(
    SMOOTHED,
    curve,
    smooth(
      training.map(({value}) => value),
      SMOOTHING,
    ),
  )
  const dev = evaluationPoints(evaluations, result => result.metrics[LOSS]).map(point => ({
    ...point,
    series: `dev: ${point.series}`,
  }))
  const losses = [...training, ...dev].map(({value}) => value)
  const least = losses.reduce((low, value) => Math.min(low, value), Number.POSITIVE_INFINITY)
  const most = losses.reduce((high, value) => Math.max(high, value), 0)
  const scale = least > 0 && most / least > WIDE_RANGE ? {type: 'log' as const} : {zero: false}
  const y = {field: 'value', type: 'quantitative', title: 'loss', scale, axis: {tickCount: 6}} as const
  const color = colours([TRAIN, SMOOTHED, ...seriesOf(dev)], [COLOURS.bar, COLOURS.dot, ...SERIES_COLOURS.slice(1)])
  return {
    name: 'loss',
    title: 'Loss',
    alternative: `Loss over ${formatCount(last.step)} steps: from ${formatNumber(first.loss)} to ${formatNumber(last.loss)}.`,
    specification: {
      config: CHART_STYLE,
      title: {text: 'Loss', subtitle: 'over the steps; of evaluations as points'},
      width: CHART_WIDTH,
      height: HEIGHT,
      layer: [
        line(training, {x, y, color}, {opacity: 0.6, strokeWidth: 1}),
        line(smoothed, {x, y, color}, {strokeWidth: 2}),
        ...(dev.length === 0 ? [] : [line(dev, {x, y, color}, {strokeWidth: 1.5, point: {size: 40, filled: true}})]),
      ],
    },
  }
}

function learningRateChart({curve}: TrainingReport): ChartPlan<string> | undefined {
  if (curve.length < 2) return undefined
  const rates = curve.map(({learningRate}) => learningRate)
  const highest = rates.reduce((most, rate) => Math.max(most, rate), 0)
  const y = {field: 'value', type: 'quantitative', title: 'learning rate', axis: {format: '~g', tickCount: 5}} as const
  const color = {value: COLOURS.dot} as const
  return {
    name: 'learning-rate',
    title: 'Learning rate',
    alternative: `Learning rate: at most ${formatNumber(highest)}, in the end ${formatNumber(rates.at(-1) ?? 0)}.`,
    specification: {
      config: CHART_STYLE,
      title: {text: 'Learning rate'},
      width: CHART_WIDTH,
      height: HEIGHT / 2,
      layer: [line(points('', curve, rates), {x, y, color}, {strokeWidth: 2})],
    },
  }
}

/** How a measure of the evaluations went, a line for each data set. */
function metricChart({evaluations}: TrainingReport, metric: string, index: number): ChartPlan<string> | undefined {
  const values = evaluationPoints(evaluations, result => result.metrics[metric])
  const labels = seriesOf(values)
  if (values.length < 2) return undefined
  const title = metricLongTitle(metric)
  const axis = isRate(metric) ? {format: '~%', tickCount: 6} : {tickCount: 6}
  const y = {field: 'value', type: 'quantitative', title: metricTitle(metric), axis} as const
  const color = colours(labels, SERIES_COLOURS)
  const ends = labels.map(label => {
    const ofLabel = values.filter(({series}) => series === label)
    return `${label} from ${formatMetric(metric, ofLabel[0]?.value)} to ${formatMetric(metric, ofLabel.at(-1)?.value)}`
  })
  return {
    name: `dev-${slug(metric, index)}`,
    title,
    alternative: `${title}, by data set: ${ends.join('; ')}.`,
    specification: {
      config: CHART_STYLE,
      title: {text: title, subtitle: 'of the evaluations'},
      width: CHART_WIDTH,
      height: HEIGHT,
      layer: [line(values, {x, y, color}, {strokeWidth: 2, point: {size: 40, filled: true}})],
    },
  }
}

/** A name for a file. */
function slug(metric: string, index: number): string {
  return /^[a-z0-9_-]{1,40}$/.test(metric) ? metric : `measure-${index + 1}`
}

const points = (series: string, curve: readonly CurvePoint[], values: readonly number[]): Point[] =>
  curve.map(({step}, index) => ({series, step, value: values[index] ?? 0}))

/** By data set; a data set has one line, whatever others are called. */
function evaluationPoints(
  evaluations: TrainingReport['evaluations'],
  measureOf: (result: TrainingReport['evaluations'][number]['results'][number]) => number | null | undefined,
): Point[] {
  const label = seriesLabels(evaluations.flatMap(({results}) => results.map(({dataset}) => dataset)))
  return evaluations.flatMap(({step, results}) =>
    results.flatMap(result => {
      const value = measureOf(result)
      const series = label.get(result.dataset)
      return value === null || value === undefined || series === undefined ? [] : [{series, step, value}]
    }),
  )
}

const seriesOf = (values: readonly Point[]): string[] => [...new Set(values.map(({series}) => series))]

function colours(domain: readonly string[], range: readonly string[]) {
  return {
    field: 'series',
    type: 'nominal',
    title: null,
    scale: {domain: [...domain], range: domain.map((_, index) => range[index % range.length] ?? COLOURS.dot)},
    legend: {orient: 'top', labelLimit: 0},
  } as const
}

function line<Encoding extends object, Look extends object>(values: readonly Point[], encoding: Encoding, look: Look) {
  return {data: {values: [...values]}, mark: {type: 'line' as const, ...look}, encoding}
}
