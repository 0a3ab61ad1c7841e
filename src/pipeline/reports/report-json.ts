import type {EvaluationReport} from '../evaluation/evaluation-report.js'

/** The report as JSON that can be read and compared line by line: each utterance's score stands on a line of its own. */
export function reportJson(report: EvaluationReport): string {
  const members = Object.entries(report).map(([key, value]) => {
    const content = key === 'scores' ? scoreLines(report.scores) : indented(value)
    return `  ${JSON.stringify(key)}: ${content}`
  })
  return `{\n${members.join(',\n')}\n}\n`
}

const indented = (value: unknown): string => JSON.stringify(value, null, 2).replaceAll('\n', '\n  ')

const scoreLines = (scores: EvaluationReport['scores']): string =>
  scores.length === 0 ? '[]' : `[\n${scores.map(score => `    ${JSON.stringify(score)}`).join(',\n')}\n  ]`
