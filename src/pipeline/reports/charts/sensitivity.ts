import type {QuantizationReport, SensitivityRecord} from '../../quantize/quantization-report.js'
import {formatPercent} from '../../text/format-percent.js'
import {visibleText} from '../../text/visible-text.js'
import type {ChartPlan} from './chart.js'
import {CHART_STYLE, CHART_WIDTH, COLOURS, GROUP_AXIS} from './chart-style.js'

const MOST_GROUPS = 40 // more lines than that cannot be read
const LINE_HEIGHT = 20 // pixels
const LONGEST_LABEL = 44 // characters beside an axis

const QUANTIZED = 'quantized'
const KEPT = 'kept in float'

/** What each layer's quantization does to the output, the most sensitive at the top. Undefined for fewer than two layers. */
export function sensitivityChart({sensitivity, search}: QuantizationReport): ChartPlan<'sensitivity'> | undefined {
  const measured = sensitivity.filter(({rmsRelativeError}) => rmsRelativeError !== null)
  if (measured.length < 2) return undefined
  const shown = measured.slice(0, MOST_GROUPS)
  const kept = new Set(search?.kept.map(group => keyOf(group)))
  const labels = groupLabels(shown)
  const values = shown.map((group, index) => ({
    group: labels[index] ?? '',
    error: group.rmsRelativeError,
    state: kept.has(keyOf(group)) ? KEPT : QUANTIZED,
  }))
  const title =
    shown.length < measured.length
      ? `Sensitivity, the first ${shown.length} of ${measured.length} layers`
      : 'Sensitivity of the layers'
  return {
    name: 'sensitivity',
    title,
    alternative: `${title}: ${describeRange(shown, labels)}`,
    specification: {
      config: CHART_STYLE,
      title: {text: title, subtitle: 'error of the output with this layer alone quantized'},
      width: CHART_WIDTH,
      height: shown.length * LINE_HEIGHT,
      data: {values},
      mark: {type: 'bar', stroke: '#ffffff', strokeWidth: 1},
      encoding: {
        y: {field: 'group', type: 'nominal', sort: null, title: 'layer', axis: {...GROUP_AXIS, labelLimit: 0}},
        x: {
          field: 'error',
          type: 'quantitative',
          title: 'RMS error, relative to the output',
          axis: {format: '~%', tickCount: 8},
        },
        color: {
          field: 'state',
          type: 'nominal',
          title: null,
          scale: {domain: [QUANTIZED, KEPT], range: [COLOURS.bar, COLOURS.overall]},
          legend: kept.size === 0 ? null : {orient: 'top'},
        },
      },
    },
  }
}

const keyOf = ({graph, name}: Pick<SensitivityRecord, 'graph' | 'name'>): string => `${graph} ${name}`

function describeRange(groups: readonly SensitivityRecord[], labels: readonly string[]): string {
  const [first, last] = [groups[0], groups.at(-1)]
  return `from ${formatPercent(first?.rmsRelativeError ?? null)} (${labels[0]}) to ${formatPercent(last?.rmsRelativeError ?? null)}.`
}

/** The end of a name tells layers apart. All labels differ: groups of one label would fall on one line. */
function groupLabels(groups: readonly SensitivityRecord[]): string[] {
  const taken = new Set<string>()
  const isOneGraph = new Set(groups.map(({graph}) => graph)).size === 1
  return groups.map(({graph, name}) => {
    const whole = visibleText(isOneGraph ? name : `${graph} ${name}`)
    const cut = whole.length <= LONGEST_LABEL ? whole : `…${whole.slice(1 - LONGEST_LABEL)}`
    let label = cut
    for (let number = 2; taken.has(label); number++) label = `${cut} #${number}`
    taken.add(label)
    return label
  })
}
