import type {TopLevelSpec} from 'vega-lite'

export const CHART_NAMES = ['wer-by-speaker', 'wer-by-length', 'errors-by-length', 'latency'] as const
export type ChartName = (typeof CHART_NAMES)[number]

/** A chart before it is drawn. */
export interface ChartPlan<Name extends string = ChartName> {
  readonly name: Name
  readonly title: string
  /** What a reader who does not see the chart has to know. */
  readonly alternative: string
  readonly specification: TopLevelSpec
}

export interface Chart<Name extends string = ChartName> {
  readonly name: Name
  readonly title: string
  readonly alternative: string
  /** A whole SVG document without scripts and without anything from elsewhere. */
  readonly svg: string
}
