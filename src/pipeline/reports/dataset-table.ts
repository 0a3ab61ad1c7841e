import type {EvaluationReport} from '../evaluation/evaluation-report.js'
import {formatCount} from '../text/format-count.js'
import {countCell, percentCell} from './cells.js'
import {type Cell, numberColumn, type Table, textColumn} from './table.js'

/** What was evaluated on, and how much of it. */
export function datasetTable({dataset, utterances, speed}: EvaluationReport): Table {
  const {subset} = dataset
  const drawn =
    subset === null
      ? 'all of it'
      : `${formatCount(subset.utterances)} of ${formatCount(subset.of)} utterances, drawn with seed ${subset.seed}`
  return facts([
    ['Data set', {code: dataset.name}],
    ['Layout', {code: dataset.layout}],
    ['Hash', {code: dataset.hash}],
    ['Sample', drawn],
    ['Utterances', countCell(utterances.total)],
    ['With a hypothesis', countCell(utterances.scored)],
    ['Failed, scored as empty', countCell(utterances.failed)],
    ['Without a hypothesis, scored as empty', countCell(utterances.missing)],
    ['Empty references', countCell(utterances.emptyReferences)],
    ['Empty hypotheses', countCell(utterances.emptyHypotheses)],
    ...(speed === null ? [] : [['Audio', `${formatCount(Math.round(speed.audioSeconds))} s`] satisfies Cell[]]),
  ])
}

/** Signs of a model that has broken down, which an average can hide. */
export function collapseTable({collapse}: EvaluationReport): Table {
  return {
    columns: [textColumn('Sign'), numberColumn('Rate')],
    rows: [
      ['Empty hypotheses where something was said', percentCell(collapse.emptyRate)],
      ['Hypotheses that repeat themselves', percentCell(collapse.repetitionRate)],
      ['Insertions per word of the reference', percentCell(collapse.insertionRate)],
    ],
  }
}

export const facts = (rows: readonly (readonly Cell[])[]): Table => ({
  columns: [textColumn('What'), textColumn('Value')],
  rows,
})
