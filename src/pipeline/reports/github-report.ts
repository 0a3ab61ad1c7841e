import type {EvaluationReport} from '../evaluation/evaluation-report.js'
import {formatPercent} from '../text/format-percent.js'
import {escapeMarkdown, markdownCode} from '../text/markup-text.js'
import {visibleText} from '../text/visible-text.js'
import {breakdownTable} from './breakdown-table.js'
import {cutText} from './cells.js'
import {describeGates, gateTable} from './gate-table.js'
import {markdownTable} from './markdown-table.js'
import {describeInterval, summaryTable} from './summary-table.js'

/** GitHub shows so many annotations of a kind from one step. */
const MOST_ANNOTATIONS = 10
const MOST_GROUPS = 10
const LONGEST_NAME = 200 // characters

/** What GitHub shows of a job: Markdown to be added to the file that `GITHUB_STEP_SUMMARY` names. */
export function stepSummary(report: EvaluationReport): string {
  const {model, dataset, normalizer, utterances} = report
  const about = [
    `${markdownCode(cutText(model?.name ?? 'stored hypotheses', LONGEST_NAME))} on ${markdownCode(cutText(dataset.name, LONGEST_NAME))}`,
    `${utterances.total} utterances`,
    `normalizer ${markdownCode(cutText(normalizer.name, LONGEST_NAME))} (${markdownCode(normalizer.hash.slice(0, 12))})`,
  ]
  const parts = [
    `## ${verdict(report)} ${escapeMarkdown(cutText(report.name, LONGEST_NAME))}: WER ${formatPercent(report.wer)}`,
    about.join(', '),
    ...(report.gates.length === 0 ? [] : [describeGates(report), markdownTable(gateTable(report))]),
    markdownTable(summaryTable(report)),
    ...report.breakdowns.map(
      breakdown =>
        `<details><summary>By ${escapeMarkdown(cutText(breakdown.by, LONGEST_NAME))}</summary>\n\n${markdownTable(breakdownTable(breakdown), MOST_GROUPS)}\n\n</details>`,
    ),
  ]
  return `${parts.join('\n\n')}\n\n`
}

const verdict = ({gates}: EvaluationReport): string => {
  if (gates.length === 0) return '📊'
  return gates.every(({passed}) => passed) ? '✅' : '❌'
}

/**
 * Workflow commands, a line each, that make GitHub show annotations: an error for every gate that failed, then what is
 * doubtful, then the result. They work on stdout and on stderr.
 */
export function annotations(report: EvaluationReport): string[] {
  const errors = report.gates
    .filter(({passed}) => !passed)
    .map(({gate, message}) => command('error', `lingulu ${gate}`, message))
  const warnings = [...report.warnings, ...report.dataset.warnings].map(warning =>
    command('warning', 'lingulu evaluate', warning),
  )
  const result = `WER ${formatPercent(report.wer)}, ${describeInterval(report.intervals.wer)}; CER ${formatPercent(report.cer)}; ${report.utterances.total} utterances.`
  return [
    ...errors.slice(0, MOST_ANNOTATIONS),
    ...warnings.slice(0, MOST_ANNOTATIONS),
    command('notice', report.name, result),
  ]
}

/** @see https://docs.github.com/actions/reference/workflow-commands-for-github-actions (escapes: `@actions/core`) */
const command = (kind: 'error' | 'warning' | 'notice', title: string, message: string): string =>
  `::${kind} title=${escapeProperty(cutText(title, LONGEST_NAME))}::${escapeData(message)}`

/** Line breaks may stay: GitHub shows them. Everything else that cannot be seen is made visible. */
const escapeData = (text: string): string =>
  text
    .split(/\r\n|\r|\n/)
    .map(line => visibleText(line).replaceAll('%', '%25'))
    .join('%0A')

const escapeProperty = (text: string): string =>
  visibleText(text).replaceAll('%', '%25').replaceAll(':', '%3A').replaceAll(',', '%2C')
