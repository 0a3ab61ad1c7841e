import type {Config} from 'vega-lite'

/** Okabe and Ito's colours, told apart also by those who see red and green alike. */
export const COLOURS = {
  dot: '#0072B2',
  substitutions: '#0072B2',
  deletions: '#D55E00',
  insertions: '#009E73',
  overall: '#D55E00',
  bar: '#56B4E9',
} as const

export const CHART_WIDTH = 560 // pixels, without the labels at the left

/** The background is opaque: the chart is read as well on a dark page. */
export const CHART_STYLE: Config = {
  background: '#ffffff',
  padding: 12,
  font: 'Helvetica, Arial, sans-serif',
  title: {anchor: 'start', fontSize: 14, color: '#1f2328', subtitleColor: '#59636e', subtitleFontSize: 11, offset: 12},
  axis: {
    labelColor: '#1f2328',
    titleColor: '#1f2328',
    labelFontSize: 11,
    titleFontSize: 11,
    titleFontWeight: 'normal',
    labelLimit: 320,
    gridColor: '#e4e7eb',
    domainColor: '#8c959f',
    tickColor: '#8c959f',
  },
  legend: {labelColor: '#1f2328', titleColor: '#1f2328', labelFontSize: 11, titleFontSize: 11},
  view: {stroke: null},
}

/** Of the axis with the groups: its title stands above the labels, where a low chart has room for it too. */
export const GROUP_AXIS = {
  titleAngle: 0,
  titleAlign: 'right',
  titleBaseline: 'bottom',
  titleX: -10,
  titleY: -4,
} as const
