import {join} from 'node:path'
import {pullDataset} from '../pipeline/datasets/pull-dataset.js'
import {openDatasetPullProgress} from './dataset-pull-progress.js'
import {interruptSignal} from './interrupt.js'

export interface RunDatasetPullOptions {
  readonly to?: string | undefined
  readonly offline: boolean
  readonly quiet: boolean
}

export interface PulledDataset {
  readonly name: string
  /** Its folder. */
  readonly path: string
  /** By the name of the part: what can be evaluated. */
  readonly manifests: Readonly<Record<string, string>>
  readonly licence: string
  readonly attribution: string
  /** Nothing had to be fetched. */
  readonly wasHere: boolean
}

/** Fetches a data set, and shows how that goes on. */
export async function runDatasetPull(
  name: string,
  {to, offline, quiet}: RunDatasetPullOptions,
): Promise<PulledDataset> {
  using interrupt = interruptSignal(
    'Interrupted. What was fetched is kept.',
    'The same command goes on where it ended.',
  )
  const progress = openDatasetPullProgress({quiet, stderr: process.stderr})
  try {
    for await (const event of pullDataset(name, {to, offline, signal: interrupt.signal})) {
      await progress.show(event)
      if (event.type !== 'done') continue
      const {folder, marker, wasHere} = event
      const manifests = Object.entries(marker.manifests).map(([part, file]) => [part, join(folder, file)])
      const {licence, attribution} = marker
      return {name: event.name, path: folder, manifests: Object.fromEntries(manifests), licence, attribution, wasHere}
    }
  } finally {
    progress.close()
  }
  throw new Error('a download ends with done')
}
