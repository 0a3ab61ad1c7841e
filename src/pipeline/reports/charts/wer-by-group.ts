import type {EvaluationReport, GroupRecord} from '../../evaluation/evaluation-report.js'
import {formatPercent} from '../../text/format-percent.js'
import {worstFirst} from '../breakdown-table.js'
import type {ChartPlan} from './chart.js'
import {CHART_STYLE, CHART_WIDTH, COLOURS, GROUP_AXIS} from './chart-style.js'
import {groupLabels} from './group-labels.js'

const MOST_SPEAKERS = 40 // more lines than that cannot be read
const LINE_HEIGHT = 20 // pixels

/** WER of each speaker with its interval, the worst at the top. Undefined for fewer than two speakers. */
export function werBySpeaker(report: EvaluationReport): ChartPlan | undefined {
  const groups = worstFirst(scoredGroups(report, 'speaker'))
  if (groups.length < 2) return undefined
  const shown = groups.slice(0, MOST_SPEAKERS)
  const title =
    shown.length < groups.length ? `WER by speaker, the worst ${shown.length} of ${groups.length}` : 'WER by speaker'
  return {
    name: 'wer-by-speaker',
    title,
    alternative: `${title}: ${describeRange(report, shown)}`,
    specification: dots(report, shown, {title, groupTitle: 'speaker (utterances)'}),
  }
}

/** WER of each range of length with its interval, the shortest at the top. Undefined for fewer than two ranges. */
export function werByLength(report: EvaluationReport): ChartPlan | undefined {
  const groups = scoredGroups(report, 'length')
  if (groups.length < 2) return undefined
  const title = 'WER by length of the utterance'
  return {
    name: 'wer-by-length',
    title,
    alternative: `${title}: ${describeRange(report, groups)}`,
    specification: dots(report, groups, {title, groupTitle: 'seconds (utterances)'}),
  }
}

const scoredGroups = ({breakdowns}: EvaluationReport, by: string): GroupRecord[] =>
  breakdowns.find(breakdown => breakdown.by === by)?.groups.filter(({wer}) => wer !== null) ?? []

function describeRange({wer}: EvaluationReport, groups: readonly GroupRecord[]): string {
  const sorted = worstFirst(groups)
  const [best, worst] = [sorted.at(-1)?.wer ?? null, sorted[0]?.wer ?? null]
  return `from ${formatPercent(best)} to ${formatPercent(worst)}; ${formatPercent(wer)} over all.`
}

interface Titles {
  readonly title: string
  readonly groupTitle: string
}

function dots(
  report: EvaluationReport,
  groups: readonly GroupRecord[],
  {title, groupTitle}: Titles,
): ChartPlan['specification'] {
  const labels = groupLabels(groups)
  const values = groups.map(({wer, interval}, index) => ({
    group: labels[index] ?? '',
    wer,
    ...(interval === null ? {} : {low: interval.low, high: interval.high}),
  }))
  const axis = {format: '.0%', tickCount: 8}
  const x = {type: 'quantitative', title: 'word error rate', axis} as const
  const y = {field: 'group', type: 'nominal', sort: null, title: groupTitle, axis: GROUP_AXIS} as const
  return {
    config: CHART_STYLE,
    title: {text: title, subtitle: subtitle(report, groups)},
    width: CHART_WIDTH,
    height: groups.length * LINE_HEIGHT,
    layer: [
      {
        data: {values: [{overall: report.wer}]},
        mark: {type: 'rule', color: COLOURS.overall, strokeDash: [5, 4], strokeWidth: 1.5},
        encoding: {x: {...x, field: 'overall'}},
      },
      {
        data: {values: values.filter(value => 'low' in value)},
        mark: {type: 'rule', color: COLOURS.dot, strokeWidth: 2, opacity: 0.55},
        encoding: {y, x: {...x, field: 'low'}, x2: {field: 'high'}},
      },
      {
        data: {values},
        mark: {type: 'point', filled: true, size: 60, color: COLOURS.dot, opacity: 1},
        encoding: {y, x: {...x, field: 'wer'}},
      },
    ],
  }
}

function subtitle({wer}: EvaluationReport, groups: readonly GroupRecord[]): string {
  const level = groups.find(({interval}) => interval !== null)?.interval?.level
  const lines = level === undefined ? '' : `; bars: ${formatPercent(level, 0)} intervals`
  return `dashed: ${formatPercent(wer)} over all${lines}`
}
