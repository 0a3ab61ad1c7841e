import {relative} from 'node:path'
import {formatProblems} from '../pipeline/datasets/dataset-problems.js'
import type {DatasetList} from '../pipeline/datasets/list-datasets.js'
import type {PreparedDataset} from '../pipeline/datasets/prepare-dataset.js'
import {formatBytes} from './format-bytes.js'
import {formatTable} from './format-table.js'

/** The catalogue as a table. */
export function formatDatasetList({datasets}: DatasetList): string {
  const rows = datasets.map(({name, hours, utterances, bytes, licence, manual, path}) => [
    name,
    hours?.toLocaleString('en') ?? '',
    utterances?.toLocaleString('en') ?? '',
    bytes === null ? '' : formatBytes(bytes),
    licence.length > 24 ? `${licence.slice(0, 23)}…` : licence,
    path !== null ? 'yes' : manual === null ? '' : 'by hand',
  ])
  return formatTable([['NAME', 'HOURS', 'UTTERANCES', 'SIZE', 'LICENCE', 'HERE'], ...rows])
}

/** What was written, and what is to be known of it. */
export function formatPrepared({manifest, utterances, available, skipped, problems}: PreparedDataset): string {
  const count = utterances.toLocaleString('en')
  const of = utterances === available ? '' : ` of ${available.toLocaleString('en')}`
  const left = skipped === 0 ? '' : `, ${skipped.toLocaleString('en')} left out for an error`
  const path = relative(process.cwd(), manifest)
  const lines = formatProblems(problems).map(line => `  ${line}`)
  return [`${path.startsWith('..') ? manifest : path}: ${count}${of} utterances${left}`, ...lines].join('\n')
}
