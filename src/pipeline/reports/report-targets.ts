import {basename, dirname, extname, join, resolve} from 'node:path'
import {LinguluError} from '../errors.js'
import {CHART_NAMES, type ChartName} from './charts/chart.js'

/** Where a report goes. Paths are as the user gave them. */
export interface ReportTargets {
  /** `.md`, with the JSON beside it (`.json`) and charts in `NAME.assets/`; or `.json`, and then only that. */
  readonly report?: string | undefined
  readonly html?: string | undefined
  readonly junit?: string | undefined
  /** Default: true. Without them drawing's libraries are not loaded. */
  readonly charts?: boolean | undefined
  /** Replace files that are no earlier report. Default: false. */
  readonly force?: boolean | undefined
  /** Files that are never replaced: the baseline, the stored hypotheses, the manifest. */
  readonly keep?: readonly KeptFile[] | undefined
}

export interface KeptFile {
  readonly path: string
  /** As a message names it: `the baseline`. */
  readonly what: string
}

/** Absolute paths of the files that belong to a report. */
export interface ReportFiles {
  readonly markdown: string | undefined
  readonly json: string | undefined
  readonly html: string | undefined
  readonly junit: string | undefined
  /** Every chart that a report can have, whether this one has it or not. */
  readonly charts: readonly ChartPath[]
}

export interface ChartPath {
  readonly name: ChartName
  readonly path: string
  /** From the Markdown file, with `/`. */
  readonly relative: string
}

/** @throws {LinguluError} USAGE where the extension of the report is neither `.md` nor `.json`. */
export function reportFiles({report, html, junit}: ReportTargets): ReportFiles {
  const place = report === undefined ? undefined : reportPlace(report)
  return {
    markdown: place?.kind === 'markdown' ? place.path : undefined,
    json: place?.json,
    html: html === undefined ? undefined : resolve(html),
    junit: junit === undefined ? undefined : resolve(junit),
    charts: place?.kind === 'markdown' ? chartPaths(place.stem) : [],
  }
}

interface ReportPlace {
  readonly kind: 'markdown' | 'json'
  readonly path: string
  readonly json: string
  /** The path without its extension. */
  readonly stem: string
}

function reportPlace(report: string): ReportPlace {
  const path = resolve(report)
  const extension = extname(path)
  const stem = path.slice(0, path.length - extension.length)
  if (/^\.json$/i.test(extension)) return {kind: 'json', path, json: path, stem}
  if (/^\.md$/i.test(extension)) return {kind: 'markdown', path, json: `${stem}.json`, stem}
  throw new LinguluError('USAGE', `--report ${report}: a report is Markdown or JSON`, {
    hint: 'Give a name that ends in .md (the JSON and the charts are written beside it) or in .json.',
  })
}

const chartPaths = (stem: string): ChartPath[] =>
  CHART_NAMES.map(name => ({
    name,
    path: join(dirname(stem), `${basename(stem)}.assets`, `${name}.svg`),
    relative: `${basename(stem)}.assets/${name}.svg`,
  }))
