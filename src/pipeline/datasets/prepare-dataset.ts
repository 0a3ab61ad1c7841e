import {resolve} from 'node:path'
import type {DatasetOptions} from './dataset-options.js'
import {checkDataset, withoutErrors} from './dataset-problems.js'
import {drawSubset} from './draw-subset.js'
import {openDataset} from './open-dataset.js'
import type {DatasetProblem} from './utterance.js'
import {writeManifest} from './write-manifest.js'

export interface PrepareDatasetOptions {
  /** The manifest to write. */
  readonly to: string
  readonly dataset?: DatasetOptions | undefined
  /** So many utterances; default: all. */
  readonly subset?: number | undefined
  readonly seed?: number | undefined
  /** Leave out utterances with errors instead of giving up. */
  readonly skipInvalid?: boolean | undefined
  readonly overwrite?: boolean | undefined
  readonly signal?: AbortSignal | undefined
}

export interface PreparedDataset {
  /** Absolute. */
  readonly manifest: string
  /** In the manifest. */
  readonly utterances: number
  /** In the data set. */
  readonly available: number
  /** Left out for an error. */
  readonly skipped: number
  readonly problems: readonly DatasetProblem[]
}

/**
 * Writes a manifest of a data set in any layout.
 *
 * @throws {LinguluError} MANIFEST_INVALID with all errors of the data set unless they are skipped and leave something, OUTPUT_EXISTS,
 *   OUTPUT_FAILED, and what `openDataset` throws
 */
export async function prepareDataset(source: string, options: PrepareDatasetOptions): Promise<PreparedDataset> {
  const {to, subset, seed, skipInvalid, overwrite, signal} = options
  const dataset = await openDataset(source, {...options.dataset, signal})
  const usable = withoutErrors(dataset)
  if (!skipInvalid) checkDataset(dataset, 'Mend it, or leave out what cannot be used with --skip-invalid.')
  else if (usable.length === 0) checkDataset(dataset, 'Not one utterance can be used: there is nothing to write.')
  const chosen = subset === undefined ? usable : drawSubset(usable, subset, seed)
  const manifest = resolve(to)
  await writeManifest(manifest, chosen, {onExists: overwrite ? 'overwrite' : 'error', signal})
  return {
    manifest,
    utterances: chosen.length,
    available: dataset.utterances.length,
    skipped: dataset.utterances.length - usable.length,
    problems: dataset.problems,
  }
}
