import type {EvaluationReport, WorstRecord} from '../evaluation/evaluation-report.js'
import {formatAlignment} from '../scoring/format-alignment.js'
import {formatPercent} from '../text/format-percent.js'
import {escapeMarkdown, markdownCode, markdownFence, pathUrl} from '../text/markup-text.js'
import {visibleText} from '../text/visible-text.js'
import {breakdownTable} from './breakdown-table.js'
import {cutText} from './cells.js'
import {collapseTable, datasetTable} from './dataset-table.js'
import {environmentTable} from './environment-table.js'
import {errorTables} from './error-tables.js'
import {describeGates, gateTable} from './gate-table.js'
import {markdownTable} from './markdown-table.js'
import {REPORT_MARKER} from './report-marker.js'
import {summaryTable} from './summary-table.js'
import {toWordAlignment, worstAlignment} from './worst-alignment.js'

/** What is shown of each list; the JSON has all. */
const MOST = {groups: 30, words: 20, worst: 10, failures: 20, warnings: 20} as const
const LONGEST_NAME = 200 // characters
const ALIGNMENT_WIDTH = 100 // columns, what GitHub shows without a scroll bar

export interface ChartFile {
  readonly title: string
  /** What a reader who does not see the chart has to know. */
  readonly alternative: string
  /** Relative to the Markdown file, with `/`. */
  readonly path: string
}

export interface MarkdownOptions {
  readonly charts?: readonly ChartFile[]
}

/** The report for GitHub and every other reader of Markdown with tables. Nothing of the data is taken for markup. */
export function evaluationMarkdown(report: EvaluationReport, {charts = []}: MarkdownOptions = {}): string {
  const sections = [
    `${REPORT_MARKER}\n# Evaluation: ${escapeMarkdown(cutText(report.name, LONGEST_NAME))}`,
    markdownTable(summaryTable(report)),
    normalizerLine(report),
    gates(report),
    warnings([...report.warnings, ...report.dataset.warnings]),
    section('Data', markdownTable(datasetTable(report))),
    chartImages(charts),
    ...report.breakdowns.map(breakdown =>
      section(
        `By ${escapeMarkdown(cutText(breakdown.by, LONGEST_NAME))}`,
        markdownTable(breakdownTable(breakdown), MOST.groups),
      ),
    ),
    errorLists(report),
    section('Signs of collapse', markdownTable(collapseTable(report))),
    worst(report.worst),
    failures(report),
    section('Environment', markdownTable(environmentTable(report))),
    section('Again', `The command that repeats this run:\n\n${markdownFence(visibleText(report.command), 'sh')}`),
  ]
  return `${sections.filter(part => part !== '').join('\n\n')}\n`
}

const section = (title: string, content: string): string => (content === '' ? '' : `## ${title}\n\n${content}`)

const normalizerLine = ({normalizer: {name, hash}}: EvaluationReport): string =>
  `Texts are compared after the normalizer ${markdownCode(name)} (${markdownCode(hash.slice(0, 12))}).`

function gates(report: EvaluationReport): string {
  if (report.gates.length === 0) return ''
  return section('Gates', `${describeGates(report)}\n\n${markdownTable(gateTable(report))}`)
}

function warnings(all: readonly string[]): string {
  return section(
    'Warnings',
    list(
      all.map(warning => escapeMarkdown(warning)),
      MOST.warnings,
    ),
  )
}

function list(items: readonly string[], most: number): string {
  const left = items.length - most
  const shown = items.slice(0, most).map(item => `- ${item}`)
  return [...shown, ...(left > 0 ? [`- … and ${left} more: the JSON beside this report has them all.`] : [])].join('\n')
}

function chartImages(charts: readonly ChartFile[]): string {
  const images = charts.map(({alternative, path}) => `![${escapeMarkdown(alternative)}](${pathUrl(path)})`)
  return section('Charts', images.join('\n\n'))
}

function errorLists(report: EvaluationReport): string {
  const tables = errorTables(report).map(({title, table}) => `### ${title}\n\n${markdownTable(table, MOST.words)}`)
  return section('Errors', tables.join('\n\n'))
}

function worst(records: readonly WorstRecord[]): string {
  const shown = records.slice(0, MOST.worst).map(worstUtterance)
  const left = records.length - MOST.worst
  return section('Worst utterances', [...shown, ...(left > 0 ? [`… and ${left} more.`] : [])].join('\n\n'))
}

function worstUtterance(record: WorstRecord): string {
  const {id, speaker, audio, wer, errors} = record
  const about = [
    `WER ${formatPercent(wer)}`,
    `${errors} ${errors === 1 ? 'error' : 'errors'}`,
    ...(speaker === undefined ? [] : [`speaker ${markdownCode(cutText(speaker, LONGEST_NAME))}`]),
    ...(audio === undefined ? [] : [markdownCode(audio)]),
  ]
  const alignment = worstAlignment(record)
  const lines =
    alignment === undefined
      ? cutText(record.operations, ALIGNMENT_WIDTH)
      : formatAlignment(toWordAlignment(alignment.steps), {width: ALIGNMENT_WIDTH})
  const left = alignment === undefined || alignment.left === 0 ? '' : `\n\n… and ${alignment.left} words more.`
  return `### ${markdownCode(cutText(id, LONGEST_NAME))}\n\n${about.join(', ')}\n\n${markdownFence(lines, 'text')}${left}`
}

function failures({failures: all}: EvaluationReport): string {
  const lines = all.map(({id, error}) => {
    const hint = error.hint === undefined ? '' : ` ${escapeMarkdown(error.hint)}`
    return `${markdownCode(cutText(id, LONGEST_NAME))}: ${markdownCode(error.code)}, ${escapeMarkdown(error.message)}.${hint}`
  })
  return section('Failures', list(lines, MOST.failures))
}
