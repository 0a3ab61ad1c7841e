import type {EvaluationReport} from '../evaluation/evaluation-report.js'
import {formatCount} from '../text/format-count.js'
import {escapeMarkup} from '../text/markup-text.js'
import {visibleText} from '../text/visible-text.js'
import {breakdownTable} from './breakdown-table.js'
import {cutText} from './cells.js'
import type {Chart} from './charts/chart.js'
import {collapseTable, datasetTable} from './dataset-table.js'
import {environmentTable} from './environment-table.js'
import {errorTables} from './error-tables.js'
import {describeGates, gateTable} from './gate-table.js'
import {htmlCode, htmlTable} from './html/html-table.js'
import {htmlWorst} from './html/html-worst.js'
import {htmlPage} from './html/page.js'
import {summaryTable} from './summary-table.js'
import {utteranceTable} from './utterance-table.js'

const MOST_UTTERANCES = 10_000 // rows; more make a browser slow
const LONGEST_NAME = 200 // characters

export interface HtmlOptions {
  readonly charts?: readonly Chart[]
  /** Absolute path of the folder that the page will stand in: players of audio are relative to it. */
  readonly folder: string
}

/** The report as one page that needs nothing else, but the recordings for its players. */
export function evaluationHtml(report: EvaluationReport, {charts = [], folder}: HtmlOptions): string {
  const {normalizer} = report
  const title = `Evaluation: ${visibleText(cutText(report.name, LONGEST_NAME))}`
  const body = [
    `<h1>${escapeMarkup(title)}</h1>`,
    htmlTable(summaryTable(report)),
    `<p>Texts are compared after the normalizer ${htmlCode(normalizer.name)} (${htmlCode(normalizer.hash.slice(0, 12))}).</p>`,
    gates(report),
    section('Warnings', list([...report.warnings, ...report.dataset.warnings].map(escapeMarkup))),
    section('Data', htmlTable(datasetTable(report))),
    section('Charts', charts.map(chartImage).join('\n')),
    ...report.breakdowns.map(breakdown =>
      section(`By ${cutText(breakdown.by, LONGEST_NAME)}`, htmlTable(breakdownTable(breakdown), {sortable: true})),
    ),
    section('Errors', errorTables(report).map(errorList).join('\n')),
    section('Signs of collapse', htmlTable(collapseTable(report))),
    section('Worst utterances', report.worst.map(record => htmlWorst(record, folder)).join('\n')),
    section('Failures', failures(report)),
    utterances(report),
    section('Environment', htmlTable(environmentTable(report))),
    section('Again', `<p>The command that repeats this run:</p>\n<pre>${escapeMarkup(report.command)}</pre>`),
  ]
  return htmlPage(title, body.filter(part => part !== '').join('\n'))
}

const section = (title: string, content: string): string =>
  content === '' ? '' : `<h2>${escapeMarkup(title)}</h2>\n${content}`

const list = (items: readonly string[]): string =>
  items.length === 0 ? '' : `<ul>\n${items.map(item => `<li>${item}</li>`).join('\n')}\n</ul>`

function gates(report: EvaluationReport): string {
  if (report.gates.length === 0) return ''
  const failed = report.gates.some(({passed}) => !passed)
  const verdict = `<p${failed ? ' class="failed"' : ''}>${escapeMarkup(describeGates(report))}</p>`
  return section('Gates', `${verdict}\n${htmlTable(gateTable(report))}`)
}

/** As an image, where no script of it could run. */
function chartImage({alternative, svg}: Chart): string {
  const data = Buffer.from(svg).toString('base64')
  return `<img alt="${escapeMarkup(alternative)}" src="data:image/svg+xml;base64,${data}">`
}

const errorList = ({title, table}: ReturnType<typeof errorTables>[number]): string =>
  `<h3>${escapeMarkup(title)}</h3>\n${htmlTable(table, {sortable: true})}`

function failures(report: EvaluationReport): string {
  const lines = report.failures.map(({id, error: {code, message, hint}}) => {
    const advice = hint === undefined ? '' : ` ${escapeMarkup(hint)}`
    return `${htmlCode(cutText(id, LONGEST_NAME))}: ${escapeMarkup(code)}, ${escapeMarkup(message)}.${advice}`
  })
  return list(lines)
}

function utterances({scores}: EvaluationReport): string {
  if (scores.length === 0) return ''
  const left = scores.length - MOST_UTTERANCES
  const note = left > 0 ? `\n<p class="faint">… and ${formatCount(left)} more: the JSON has them all.</p>` : ''
  const table = htmlTable(utteranceTable(scores.slice(0, MOST_UTTERANCES)), {id: 'utterances', sortable: true})
  const search = `<p hidden><input type="search" data-search="utterances" aria-label="Search the utterances"
placeholder="Search the utterances"> <output></output></p>`
  return section('Utterances', `${search}\n${table}${note}`)
}
