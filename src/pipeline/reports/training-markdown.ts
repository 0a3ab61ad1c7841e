import {alignWords} from '../scoring/align-words.js'
import {formatAlignment} from '../scoring/format-alignment.js'
import {splitWords} from '../scoring/split-words.js'
import {formatCount} from '../text/format-count.js'
import {escapeMarkdown, markdownCode, markdownFence, pathUrl} from '../text/markup-text.js'
import {visibleText} from '../text/visible-text.js'
import {formatAverage} from '../training/format-average.js'
import type {EvaluationExample, EvaluationResult} from '../training/train-events.js'
import type {TrainingReport} from '../training/training-report.js'
import {cutText} from './cells.js'
import type {ChartFile, MarkdownOptions} from './evaluation-markdown.js'
import {markdownTable} from './markdown-table.js'
import {REPORT_MARKER} from './report-marker.js'
import {
  trainingConfiguration,
  trainingData,
  trainingEnvironment,
  trainingEvaluations,
  trainingSources,
  trainingSummary,
} from './training-tables.js'

/** What is shown of each list; the JSON has all. */
const MOST = {evaluations: 40, examples: 10, skipped: 20, warnings: 20, settings: 200} as const
const LONGEST_NAME = 200 // characters
const MOST_WORDS = 200 // of an example
const ALIGNMENT_WIDTH = 100 // columns, what GitHub shows without a scroll bar

/** What a training run was and came to, for GitHub and every other reader of Markdown with tables. */
export function trainingMarkdown(report: TrainingReport, {charts = []}: MarkdownOptions = {}): string {
  const {data, evaluations} = report
  const sections = [
    `${REPORT_MARKER}\n# Training: ${escapeMarkdown(cutText(report.name, LONGEST_NAME))}`,
    markdownTable(trainingSummary(report)),
    section('Warnings', list(report.warnings.map(escapeMarkdown), MOST.warnings)),
    section('Curves', images(charts)),
    evaluations.length === 0
      ? ''
      : section(
          'Evaluations',
          [markdownTable(trainingEvaluations(report), MOST.evaluations), ...evaluationNotes(report)].join('\n\n'),
        ),
    examples(report),
    section('Data', markdownTable(trainingData(report))),
    data.sources.length === 0 ? '' : section('Other sources', markdownTable(trainingSources(report))),
    section('Skipped recordings', list(data.skipped.map(skippedLine), MOST.skipped)),
    section('Configuration', markdownTable(trainingConfiguration(report), MOST.settings)),
    section('Environment', markdownTable(trainingEnvironment(report))),
    section('Again', `The command that repeats this run:\n\n${markdownFence(visibleText(report.command), 'sh')}`),
  ]
  return `${sections.filter(part => part !== '').join('\n\n')}\n`
}

const section = (title: string, content: string): string => (content === '' ? '' : `## ${title}\n\n${content}`)

function evaluationNotes({average, notes}: TrainingReport): string[] {
  return [...(average === null ? [] : [`${formatAverage(average)}.`]), ...notes].map(escapeMarkdown)
}

/** @param items Markdown, a line each */
function list(items: readonly string[], most: number): string {
  const left = items.length - most
  const shown = items.slice(0, most).map(item => `- ${item}`)
  return [...shown, ...(left > 0 ? [`- … and ${left} more: the JSON beside this report has them all.`] : [])].join('\n')
}

const images = (charts: readonly ChartFile[]): string =>
  charts.map(({alternative, path}) => `![${escapeMarkdown(alternative)}](${pathUrl(path)})`).join('\n\n')

const skippedLine = ({audio, reason}: TrainingReport['data']['skipped'][number]): string =>
  `${markdownCode(cutText(audio, LONGEST_NAME))}: ${escapeMarkdown(reason)}`

/** Of the best evaluation: there the texts are kept, if they may be. */
function examples({evaluations}: TrainingReport): string {
  const best = evaluations.find(evaluation => evaluation.best)
  const results = best?.results.filter(result => result.examples.length > 0) ?? []
  if (best === undefined || results.length === 0) return ''
  const about = `What the model made of them after step ${formatCount(best.step)}, the best so far.`
  return section('Examples', [about, ...results.map(resultExamples)].join('\n\n'))
}

function resultExamples({dataset, examples: all}: EvaluationResult): string {
  const shown = all.slice(0, MOST.examples).map(example)
  return [`### ${markdownCode(cutText(dataset, LONGEST_NAME))}`, ...shown].join('\n\n')
}

function example({id, reference, hypothesis}: EvaluationExample): string {
  const words = [reference, hypothesis].map(text => splitWords(text).slice(0, MOST_WORDS))
  const lines = formatAlignment(alignWords(words[0] ?? [], words[1] ?? []), {width: ALIGNMENT_WIDTH})
  return `${markdownCode(cutText(id, LONGEST_NAME))}\n\n${markdownFence(lines, 'text')}`
}
