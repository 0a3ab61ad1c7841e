import type {
  LatencyRecord,
  ModelMeasurement,
  OutputErrorRecord,
  QuantizationReport,
  SpreadRecord,
} from '../quantize/quantization-report.js'
import {formatCount} from '../text/format-count.js'
import {formatPercent} from '../text/format-percent.js'
import {countCell, datum, percentCell} from './cells.js'
import {facts} from './dataset-table.js'
import {type Cell, numberColumn, type Table, textColumn} from './table.js'

/** A figure of both models: how it is shown, and what became of it. */
interface Figure {
  readonly title: string
  readonly of: (model: ModelMeasurement) => number | null | undefined
  readonly show: (value: number, model: ModelMeasurement) => string
  readonly change: (before: number, after: number) => string
}

const ratio = (before: number, after: number): string => (before > 0 ? `× ${(after / before).toFixed(2)}` : '')
const difference = (before: number, after: number): string => {
  const points = (after - before) * 100
  return `${points > 0 ? '+' : ''}${points.toFixed(2)} points`
}
const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(2)} MB`
const milliseconds = (seconds: number): string => `${(seconds * 1000).toPrecision(3)} ms`

/** Both models side by side; what was not measured is said to be so, and never 0. */
export function measureTable({source, candidate}: QuantizationReport): Table {
  return {
    columns: [textColumn('Measure'), numberColumn('Before'), numberColumn('After'), numberColumn('Change')],
    rows: figures(source).map(({title, of, show, change}) => {
      const [before, after] = [of(source), of(candidate)]
      const cell = (value: number | null | undefined, model: ModelMeasurement): Cell =>
        value == null ? 'not measured' : {text: show(value, model), value}
      const changed = before == null || after == null ? '' : change(before, after)
      return [title, cell(before, source), cell(after, candidate), changed]
    }),
  }
}

function figures({latencies}: ModelMeasurement): Figure[] {
  return [
    {title: 'Size of the ONNX files', of: ({bytes}) => bytes, show: megabytes, change: ratio},
    {title: 'Time to load', of: ({load}) => load?.median, show: (_, {load}) => spread(load), change: ratio},
    ...latencies.map(latencyFigure),
    {
      title: 'RTFx, seconds of audio per second',
      of: ({speed}) => speed?.rtfx,
      show: value => value.toPrecision(3),
      change: ratio,
    },
    {title: 'WER, word error rate', of: ({accuracy}) => accuracy?.wer, show: showWer, change: difference},
    {
      title: 'CER, character error rate',
      of: ({accuracy}) => accuracy?.cer,
      show: value => formatPercent(value),
      change: difference,
    },
    {
      title: 'Word errors',
      of: ({accuracy}) => accuracy?.wordErrors,
      show: (errors, {accuracy}) => `${formatCount(errors)} of ${formatCount(accuracy?.words ?? 0)}`,
      change: (before, after) => `${after > before ? '+' : ''}${after - before}`,
    },
  ]
}

/** With the interval that resampling the data gives. */
function showWer(wer: number, {accuracy}: ModelMeasurement): string {
  const interval = accuracy?.interval ?? null
  if (interval === null) return formatPercent(wer)
  return `${formatPercent(wer)} (${formatPercent(interval.low)} – ${formatPercent(interval.high)})`
}

function latencyFigure({graph, pass}: LatencyRecord): Figure {
  const find = ({latencies}: ModelMeasurement) => latencies.find(latency => latency.graph === graph)
  return {
    title: `Latency of ${graph}, ${pass}`,
    of: model => find(model)?.median,
    show: (_, model) => spread(find(model)),
    change: ratio,
  }
}

function spread(record: SpreadRecord | undefined): string {
  if (record === undefined) return 'not measured'
  const {median, low, high} = record
  return `${milliseconds(median)} (${milliseconds(low)} – ${milliseconds(high)})`
}

/** The models that the search tried, in the order of what they keep. */
export function candidateTable({candidates, groups}: NonNullable<QuantizationReport['search']>): Table {
  return {
    columns: [
      textColumn('Groups in float'),
      numberColumn('WER'),
      numberColumn('Rise'),
      textColumn('Within the budget'),
      numberColumn('Size'),
      numberColumn('RTFx'),
    ],
    rows: [...candidates]
      .sort((a, b) => a.kept - b.kept)
      .map(({kept, wer, increase, holds, bytes, rtfx}) => [
        `${kept} of ${groups}`,
        percentCell(wer),
        increase === null ? 'n/a' : difference(0, increase),
        holds ? 'yes' : 'no',
        megabytes(bytes),
        rtfx === null ? 'not measured' : rtfx.toPrecision(3),
      ]),
  }
}

/** Of the quantized model against the one before, on the feeds that were recorded. */
export function outputErrorTable(errors: readonly OutputErrorRecord[]): Table {
  return {
    columns: [
      textColumn('Graph'),
      textColumn('Output'),
      numberColumn('Samples'),
      numberColumn('Largest error'),
      numberColumn('RMS error, relative'),
      numberColumn('Same arg max'),
    ],
    rows: errors.map(({graph, output, samples, ...error}) => [
      datum(graph),
      datum(output),
      countCell(samples),
      ...errorCells(error),
    ]),
  }
}

/** Layers by what quantizing each alone does to the output of its graph. */
export function sensitivityTable({sensitivity, search}: QuantizationReport): Table {
  const kept = new Set(search?.kept.map(({graph, name}) => `${graph} ${name}`))
  return {
    columns: [
      numberColumn('Rank'),
      textColumn('Graph'),
      textColumn('Layer'),
      numberColumn('Nodes'),
      numberColumn('Largest error'),
      numberColumn('RMS error, relative'),
      numberColumn('Same arg max'),
      textColumn('Became'),
    ],
    rows: sensitivity.map(({rank, graph, name, nodes, ...error}) => [
      countCell(rank),
      datum(graph),
      datum(name),
      countCell(nodes.length),
      ...errorCells(error),
      kept.has(`${graph} ${name}`) ? 'kept in float' : 'quantized',
    ]),
  }
}

type Errors = Pick<OutputErrorRecord, 'maxAbsoluteError' | 'rmsRelativeError' | 'argMaxAgreement' | 'notFinite'>

function errorCells({maxAbsoluteError, rmsRelativeError, argMaxAgreement, notFinite}: Errors): Cell[] {
  const show = (value: number | null, format: (value: number) => string): Cell =>
    value === null ? 'n/a' : {text: format(value), value}
  return [
    notFinite > 0 ? 'not finite' : show(maxAbsoluteError, value => value.toPrecision(3)),
    show(rmsRelativeError, value => `${(value * 100).toPrecision(3)} %`),
    percentCell(argMaxAgreement),
  ]
}

/** Everything that the figures depend on. */
export function conditionTable(report: QuantizationReport): Table {
  const {source, candidate, dataset, normalizer, device, environment, calibration, decoding} = report
  const {accuracy} = source
  return facts([
    ['Model before', {code: `${source.name} (${source.precision})`}],
    ['Its hash', {code: source.hash}],
    ['Model after', {code: candidate.precision}],
    ['Its hash', {code: candidate.hash}],
    ...(dataset === null
      ? []
      : [['Data set', {code: dataset.name}] satisfies Cell[], ['Its hash', {code: dataset.hash}]]),
    ...(accuracy === undefined ? [] : [['Utterances', countCell(accuracy.utterances)] satisfies Cell[]]),
    ...(accuracy === undefined ? [] : [['Words', countCell(accuracy.words)] satisfies Cell[]]),
    ...(accuracy === undefined ? [] : [['Batch size', countCell(accuracy.batchSize)] satisfies Cell[]]),
    ...(normalizer === null ? [] : [['Normalizer', {code: `${normalizer.name} ${normalizer.hash}`}] satisfies Cell[]]),
    ...(decoding === null ? [] : [['Decoding', {code: JSON.stringify(decoding)}] satisfies Cell[]]),
    ['Recordings for feeds', calibration === null ? 'none' : countCell(calibration.recordings)],
    ['Device', {code: device.provider}],
    ['Threads', countCell(device.threads)],
    [
      'lingulu',
      environment.commit === null ? environment.version : `${environment.version}, commit ${environment.commit}`,
    ],
    ['Node.js', environment.node],
    ['ONNX Runtime', environment.onnxruntime],
    ['System', environment.platform],
    ['Processor', `${environment.cpu}, ${formatCount(environment.cores)} cores`],
    ['GPU', environment.gpu ?? 'none'],
    ['Started', report.startedAt],
    ['Finished', report.finishedAt],
  ])
}
