import {formatCount} from '../text/format-count.js'
import {formatMetric, formatNumber, metricTitle} from '../text/format-metric.js'
import {formatWhen} from '../training/format-average.js'
import type {TrainingData} from '../training/train-events.js'
import type {TrainingReport} from '../training/training-report.js'
import {countCell, datum, durationCell} from './cells.js'
import {facts} from './dataset-table.js'
import {machineRows} from './environment-table.js'
import {type Cell, numberColumn, type Table, textColumn} from './table.js'

const LONGEST_SETTING = 400 // characters

const REASONS = {
  finished: 'all that were planned',
  'early-stop': 'stopped early: no improvement any more',
  interrupted: 'interrupted',
} as const

/** What is read first. */
export function trainingSummary(report: TrainingReport): Table {
  const {engine, model, data, outcome, speed} = report
  return {
    columns: [textColumn('Measure'), numberColumn('Value'), textColumn('Note')],
    rows: [
      ['Task', report.task, model.architecture],
      ['Engine', engine.name, engine.reason],
      [
        'Parameters',
        countCell(model.parameters),
        model.trainable === model.parameters ? '' : `${formatCount(model.trainable)} of them trained`,
      ],
      ...bestRows(report),
      ['Training data', ...amount(data.train)],
      ['Dev data', ...amount(data.dev)],
      ['Steps', countCell(outcome.steps), `of ${formatCount(outcome.plannedSteps)}, ${REASONS[outcome.reason]}`],
      ['Epochs', {text: outcome.epochs.toFixed(2), value: outcome.epochs}, ''],
      ['Wall time', durationCell(outcome.seconds), resumes(outcome.resumes)],
      ...(speed === null
        ? []
        : [
            [
              'Speed',
              `${formatCount(Math.round(speed.framesPerSecond))} frames/s`,
              `${formatNumber(speed.audioSecondsPerSecond)} seconds of audio per second; medians`,
            ],
          ]),
    ],
  }
}

function bestRows({outcome: {best}}: TrainingReport): Cell[][] {
  if (best === null) return []
  const {metric, value, dataset} = best
  return [
    [`Best ${metricTitle(metric)}`, {text: formatMetric(metric, value), value}, `on ${dataset}, ${formatWhen(best)}`],
  ]
}

function amount(parts: readonly TrainingData[]): [Cell, Cell] {
  const sum = (of: (part: TrainingData) => number) => parts.reduce((total, part) => total + of(part), 0)
  if (parts.length === 0) return ['none', '']
  return [durationCell(sum(({seconds}) => seconds)), `${formatCount(sum(({utterances}) => utterances))} utterances`]
}

const resumes = (count: number): string =>
  count === 0 ? '' : `resumed ${count === 1 ? 'once' : `${formatCount(count)} times`}`

/** Which data were used for what. */
export function trainingData({data: {train, dev}}: TrainingReport): Table {
  const rows = (use: string, parts: readonly TrainingData[]): Cell[][] =>
    parts.map(({dataset, hash, utterances, seconds}) => [
      use,
      datum(dataset),
      countCell(utterances),
      durationCell(seconds),
      hash === null ? 'none' : {code: hash},
    ])
  return {
    columns: [
      textColumn('Use'),
      textColumn('Data set'),
      numberColumn('Utterances'),
      numberColumn('Audio'),
      textColumn('Hash'),
    ],
    rows: [...rows('training', train), ...rows('dev', dev)],
  }
}

/** What settings name beside data sets. */
export const trainingSources = ({data: {sources}}: TrainingReport): Table => ({
  columns: [textColumn('Setting'), textColumn('Source'), textColumn('Hash')],
  rows: sources.map(({setting, source, hash}) => [setting, datum(source), {code: hash}]),
})

/** Every evaluation, the newest first. */
export function trainingEvaluations({evaluations}: TrainingReport): Table {
  const results = evaluations.flatMap(point => point.results)
  const metrics = [...new Set(results.flatMap(({metrics: all}) => Object.keys(all)))]
  return {
    columns: [
      numberColumn('Step'),
      numberColumn('Epoch'),
      textColumn('Data set'),
      numberColumn('Utterances'),
      ...metrics.map(metric => numberColumn(metricTitle(metric))),
      textColumn(''),
    ],
    rows: evaluations
      .toReversed()
      .flatMap(({step, epoch, best, results: ofStep}) =>
        ofStep.map(({dataset, utterances, metrics: found}) => [
          countCell(step),
          {text: epoch.toFixed(2), value: epoch},
          datum(dataset),
          countCell(utterances),
          ...metrics.map(metric => measureCell(metric, found[metric])),
          best ? 'best' : '',
        ]),
      ),
  }
}

const measureCell = (metric: string, value: number | null | undefined): Cell => ({
  text: formatMetric(metric, value),
  value: value ?? null,
})

/** Every setting, one inside of another by its path. */
export const trainingConfiguration = ({configuration}: TrainingReport): Table => ({
  columns: [textColumn('Setting'), textColumn('Value')],
  rows: flatten(configuration).map(([path, value]) => [datum(path), {code: cut(value)}]),
})

function flatten(value: unknown, path: readonly string[] = []): [string, string][] {
  const members = isRecord(value) ? Object.entries(value) : []
  if (members.length === 0) return path.length === 0 ? [] : [[path.join('.'), JSON.stringify(value)]]
  return members.flatMap(([name, member]) => flatten(member, [...path, name]))
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const cut = (text: string): string => (text.length > LONGEST_SETTING ? `${text.slice(0, LONGEST_SETTING)}…` : text)

/** The machine, the programs, and the model that came of it. */
export function trainingEnvironment({
  environment,
  engine,
  model,
  outcome,
  startedAt,
  finishedAt,
}: TrainingReport): Table {
  return facts([
    ...machineRows(environment),
    ['Engine', `${engine.name}: ${engine.reason}`],
    ...engine.rejected.map(({name, reason}): Cell[] => [`Not ${name}`, reason]),
    ['Model', {code: outcome.folder}],
    ['Model hash', model.hash === null ? 'none: no model was written' : {code: model.hash}],
    ...(model.bytes === null ? [] : [['Model size', `${(model.bytes / 1e6).toFixed(2)} MB`] satisfies Cell[]]),
    ['Started', startedAt],
    ['Finished', finishedAt],
  ])
}
