import type {CountsRecord, EvaluationReport} from '../../evaluation/evaluation-report.js'
import {referenceLength} from '../../scoring/error-counts.js'
import {formatPercent} from '../../text/format-percent.js'
import type {ChartPlan} from './chart.js'
import {CHART_STYLE, CHART_WIDTH, COLOURS, GROUP_AXIS} from './chart-style.js'
import {groupLabels} from './group-labels.js'

const BAR_HEIGHT = 28 // pixels
const KINDS = ['substitutions', 'deletions', 'insertions'] as const

/** What the errors are: substitutions, deletions, insertions per word of the reference, over all and by length. */
export function errorKinds(report: EvaluationReport): ChartPlan | undefined {
  const byLength = report.breakdowns.find(({by}) => by === 'length')?.groups ?? []
  const all = {value: 'all', utterances: report.utterances.total, words: report.words}
  const groups = [all, ...byLength].filter(({words}) => referenceLength(words) > 0)
  if (groups.length === 0) return undefined
  const labels = groupLabels(groups)
  const values = groups.flatMap(({words}, index) =>
    KINDS.map((kind, order) => ({
      group: labels[index] ?? '',
      kind,
      order,
      rate: words[kind] / referenceLength(words),
    })),
  )
  return {
    name: 'errors-by-length',
    title: 'Kinds of errors',
    alternative: `Kinds of errors by length of the utterance; over all: ${describe(report.words)}.`,
    specification: {
      config: CHART_STYLE,
      title: {text: 'Kinds of errors', subtitle: 'per word of the reference; together they are the WER'},
      width: CHART_WIDTH,
      height: groups.length * BAR_HEIGHT,
      data: {values},
      mark: {type: 'bar', stroke: '#ffffff', strokeWidth: 1},
      encoding: {
        y: {field: 'group', type: 'nominal', sort: null, title: 'seconds (utterances)', axis: GROUP_AXIS},
        x: {
          field: 'rate',
          type: 'quantitative',
          stack: 'zero',
          title: 'errors per word',
          axis: {format: '.0%', tickCount: 8},
        },
        order: {field: 'order', type: 'quantitative'},
        color: {
          field: 'kind',
          type: 'nominal',
          title: null,
          scale: {domain: [...KINDS], range: KINDS.map(kind => COLOURS[kind])},
          legend: {orient: 'top'},
        },
      },
    },
  }
}

const describe = (words: CountsRecord): string =>
  KINDS.map(kind => `${kind} ${formatPercent(words[kind] / referenceLength(words))}`).join(', ')
