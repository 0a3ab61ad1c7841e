import type {DatasetOptions} from '../datasets/dataset-options.js'
import {checkDataset, formatProblem} from '../datasets/dataset-problems.js'
import {subsetOf} from '../datasets/draw-subset.js'
import {openDataset} from '../datasets/open-dataset.js'
import type {Dataset, Utterance} from '../datasets/utterance.js'
import {LinguluError} from '../errors.js'
import type {EvaluationReport} from './evaluation-report.js'

/** What is to be evaluated: a data set without errors, or a sample of it. */
export interface SelectedDataset extends Dataset {
  readonly subset: EvaluationReport['dataset']['subset']
  readonly warnings: readonly string[]
  /** Of the whole data set. */
  readonly all: readonly Utterance[]
}

export interface SelectOptions extends DatasetOptions {
  /** Score so many utterances only. */
  readonly subset?: {readonly utterances: number; readonly seed: number} | undefined
  readonly signal?: AbortSignal | undefined
}

/**
 * Reads a data set and draws the sample.
 *
 * @param reference a path, or a name of the catalogue
 * @throws LinguluError MANIFEST_INVALID with all that is wrong with it; what `openDataset` throws
 */
export async function selectDataset(
  reference: string,
  {subset, signal, ...options}: SelectOptions,
): Promise<SelectedDataset> {
  const dataset = await openDataset(reference, {...options, signal})
  checkDataset(dataset)
  const {path, utterances: all, problems} = dataset
  if (all.length === 0) throw new LinguluError('MANIFEST_INVALID', `${path}: a data set without utterances`)
  const warnings = problems.map(problem => formatProblem(problem))
  if (subset === undefined || subset.utterances >= all.length) return {...dataset, subset: null, warnings, all}
  const {utterances, seed} = subset
  return {...subsetOf(dataset, utterances, seed), subset: {utterances, seed, of: all.length}, warnings, all}
}
