import type {EvaluationReport} from '../evaluation/evaluation-report.js'
import {formatCount} from '../text/format-count.js'
import {formatDuration} from '../text/format-duration.js'
import {facts} from './dataset-table.js'
import type {Cell, Table} from './table.js'

/** Everything that the numbers depend on. */
export function environmentTable(report: EvaluationReport): Table {
  return facts([...modelRows(report), ...scoringRows(report), ...machineRows(report.environment), ...runRows(report)])
}

function modelRows({model, options}: EvaluationReport): Cell[][] {
  const decoding: Cell[][] = Object.keys(options).length === 0 ? [] : [['Options', {code: JSON.stringify(options)}]]
  if (model === null) return [['Model', 'none: stored hypotheses were scored'], ...decoding]
  return [
    ['Model', {code: model.name}],
    ['Model hash', {code: model.hash}],
    ['Precision', {code: model.precision}],
    ['Provider', {code: model.provider}],
    ...decoding,
  ]
}

function scoringRows({normalizer, scoring}: EvaluationReport): Cell[][] {
  return [
    ['Normalizer', {code: normalizer.name}],
    ['Normalizer hash', {code: normalizer.hash}],
    ['Normalizer does', normalizer.description],
    ['Scoring', {code: JSON.stringify(scoring)}],
  ]
}

/** The machine, and the programs that all numbers depend on. */
export function machineRows(environment: EvaluationReport['environment']): Cell[][] {
  const {version, commit, node, onnxruntime, platform, cpu, cores, memoryBytes, gpu} = environment
  return [
    ['lingulu', commit === null ? version : `${version}, commit ${commit}`],
    ['Node.js', node],
    ['ONNX Runtime', onnxruntime],
    ['System', platform],
    ['Processor', `${cpu}, ${formatCount(cores)} ${cores === 1 ? 'core' : 'cores'}`],
    ['Memory', `${(memoryBytes / 2 ** 30).toFixed(1)} GiB`],
    ['GPU', gpu ?? 'none'],
  ]
}

function runRows({environment, startedAt, finishedAt, utterances}: EvaluationReport): Cell[][] {
  const seconds = (Date.parse(finishedAt) - Date.parse(startedAt)) / 1000
  return [
    ['Device', environment.device ?? 'none: nothing was recognized'],
    ['Utterances', formatCount(utterances.total)],
    ['Started', startedAt],
    ['Took', formatDuration(Math.max(0, seconds))],
  ]
}
