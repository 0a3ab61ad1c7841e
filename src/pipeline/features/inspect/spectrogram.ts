import type {TopLevelSpec} from 'vega-lite'
import {CHART_STYLE} from '../../reports/charts/chart-style.js'

const WIDTH = 720 // pixels
const HEIGHT = 240

export interface SpectrogramOptions {
  /** The picture of the features, as a PNG file. */
  readonly png: Uint8Array
  readonly title: string
  readonly subtitle: string
  readonly seconds: number
  readonly bands: number
}

/** The picture of features with axes, as an SVG document without scripts and without anything from elsewhere. */
export async function drawSpectrogram(options: SpectrogramOptions): Promise<string> {
  const [vega, {compile}] = await Promise.all([import('vega'), import('vega-lite')])
  const image = `data:image/png;base64,${Buffer.from(options.png).toString('base64')}`
  const {spec} = compile(specification(options, image))
  const refuse = () => Promise.reject(new Error('a chart wanted to load something'))
  const sanitize = (uri: string) => (uri === image ? Promise.resolve({href: uri}) : refuse())
  const loader = {...vega.loader(), load: refuse, sanitize, http: refuse, file: refuse}
  const view = new vega.View(vega.parse(spec), {renderer: 'none', logLevel: vega.Error, loader})
  try {
    return `${await view.toSVG()}\n`
  } finally {
    view.finalize()
  }
}

function specification({title, subtitle, seconds, bands}: SpectrogramOptions, image: string): TopLevelSpec {
  return {
    config: CHART_STYLE,
    title: {text: title, subtitle},
    width: WIDTH,
    height: HEIGHT,
    data: {values: [{image, seconds: seconds / 2, band: bands / 2}]},
    mark: {type: 'image', width: WIDTH, height: HEIGHT, aspect: false},
    encoding: {
      url: {field: 'image', type: 'nominal'},
      x: {field: 'seconds', type: 'quantitative', title: 'seconds', scale: {domain: [0, seconds], nice: false}},
      y: {field: 'band', type: 'quantitative', title: 'mel band', scale: {domain: [0, bands], nice: false}},
    },
  }
}
