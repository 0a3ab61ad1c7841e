import type {ChangeRecord, ComparisonDocument, DifferenceRecord} from '../pipeline/comparison/comparison-document.js'
import {describeDifference} from '../pipeline/comparison/describe-difference.js'
import {runRows} from '../pipeline/comparison/runs-table.js'
import {visibleText} from '../pipeline/text/visible-text.js'
import {formatTable} from './format-table.js'

/** The runs side by side, then how each differs from the first. */
export function formatComparison(document: ComparisonDocument): string {
  const {runs, differences} = document
  const table = formatTable(shown([['', ...runs.map(({label}) => label)], ...runRows(runs)]))
  return [table, ...differences.map(difference => formatDifference(difference, document))].join('\n\n')
}

function formatDifference(difference: DifferenceRecord, document: ComparisonDocument): string {
  const first = document.runs[0]?.label ?? ''
  const {label, changed} = difference
  const facts = formatTable(shown(describeDifference(difference, document).map(([name, fact]) => [`  ${name}`, fact])))
  const changes = changed.map(change => formatChange(change, first, label))
  return [
    visibleText(`${label} against ${first}`),
    facts,
    ...(changes.length === 0 ? [] : ['  Changed most', ...changes]),
  ].join('\n')
}

const NOTHING = '(nothing)'

function formatChange(change: ChangeRecord, first: string, label: string): string {
  const {id, words, firstErrors, errors, referenceText, firstHypothesisText, hypothesisText} = change
  const line = `    ${visibleText(id)}  ${firstErrors} → ${errors} errors, ${words} ${words === 1 ? 'word' : 'words'}`
  if (referenceText === undefined || firstHypothesisText === undefined || hypothesisText === undefined) return line
  const texts = [
    ['      reference', referenceText],
    [`      ${first}`, firstHypothesisText || NOTHING],
    [`      ${label}`, hypothesisText || NOTHING],
  ]
  return `${line}\n${formatTable(shown(texts))}`
}

const shown = (rows: readonly (readonly string[])[]): string[][] => rows.map(row => row.map(visibleText))
