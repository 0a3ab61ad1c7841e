import type {IntervalRecord} from '../evaluation/evaluation-report.js'
import {formatCount} from '../text/format-count.js'
import {formatSeconds} from '../text/format-duration.js'
import {formatPercent} from '../text/format-percent.js'
import type {RunRecord} from './comparison-document.js'

/** A row for each thing that is known of runs, with a cell for each run. Rows without anything are left out. */
export function runRows(runs: readonly RunRecord[]): [name: string, ...cells: string[]][] {
  return ROWS.map(([name, describe]): [string, ...string[]] => [name, ...runs.map(describe)]).filter(([, ...cells]) =>
    cells.some(cell => cell !== ''),
  )
}

const ROWS: readonly (readonly [name: string, describe: (run: RunRecord) => string])[] = [
  ['WER', ({wer}) => formatPercent(wer)],
  ['  interval', ({intervals}) => describeInterval(intervals.wer)],
  ['CER', ({cer}) => formatPercent(cer)],
  ['  interval', ({intervals}) => describeInterval(intervals.cer)],
  ['Sentence accuracy', ({sentenceAccuracy}) => formatPercent(sentenceAccuracy)],
  ['S / D / I', ({words}) => [words.substitutions, words.deletions, words.insertions].map(formatCount).join(' / ')],
  ['Utterances', ({utterances}) => formatCount(utterances.total)],
  ['  failed', ({utterances: {failed}}) => (failed === 0 ? '' : formatCount(failed))],
  ['  missing', ({utterances: {missing}}) => (missing === 0 ? '' : formatCount(missing))],
  ['RTFx', ({speed}) => speed?.rtfx?.toPrecision(3) ?? ''],
  ['Latency p50 / p90 / p99', ({speed}) => describeLatency(speed)],
  ['Model', ({model}) => model?.name ?? ''],
  ['  hash', ({model}) => model?.hash.slice(0, 12) ?? ''],
  ['  precision', ({model}) => model?.precision ?? ''],
  ['  device', ({environment, model}) => environment.device ?? model?.provider ?? ''],
  ['Data set', ({dataset}) => describeDataset(dataset)],
  ['  hash', ({dataset}) => dataset.hash.slice(0, 12)],
  ['Normalizer', ({normalizer: {name, hash}}) => `${name} (${hash.slice(0, 12)})`],
  ['Processor', ({environment: {cpu, cores}}) => `${cpu}, ${cores} cores`],
  ['GPU', ({environment}) => environment.gpu ?? ''],
  ['lingulu', ({environment: {version, commit}}) => `${version}${commit === null ? '' : `, ${commit.slice(0, 12)}`}`],
  ['Finished', ({finishedAt}) => finishedAt],
]

const describeInterval = (interval: IntervalRecord | null): string =>
  interval === null ? '' : `${formatPercent(interval.low)} – ${formatPercent(interval.high)}`

function describeLatency(speed: RunRecord['speed']): string {
  const latency = speed?.latencySeconds
  return latency ? [latency.p50, latency.p90, latency.p99].map(formatSeconds).join(' / ') : ''
}

const describeDataset = ({name, subset}: RunRecord['dataset']): string =>
  subset === null ? name : `${name}, ${subset.utterances} of ${subset.of}`
