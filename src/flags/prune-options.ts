import type {Interfaces} from '@oclif/core'
import {LinguluError} from '../pipeline/errors.js'
import {explainIssues} from '../pipeline/explain-issues.js'
import {parsePrecision} from '../pipeline/models/precision.js'
import {PruningOptions} from '../pipeline/prune/pruning-options.js'
import type {PruneModelOptions} from '../pipeline/prune-model.js'
import {datasetOptions} from './dataset-flags.js'
import type {pruneFlags} from './prune-flags.js'

export type PruneFlags = Interfaces.InferredFlags<typeof pruneFlags>

/**
 * What the flags ask for.
 *
 * @throws LinguluError USAGE
 */
export function pruneOptions(model: string, flags: PruneFlags): PruneModelOptions {
  const {out, precision, threads, data, layout, columns} = flags
  return {
    model,
    out,
    pruning: pruning(flags),
    precision: precision === undefined ? undefined : parsePrecision(precision),
    data:
      data === undefined
        ? undefined
        : {dataset: data, reading: datasetOptions({layout, columns}), samples: flags['calibration-samples']},
    threads,
  }
}

function pruning({method, amount, scope, targets, by, multiple, include, exclude, nodes}: PruneFlags): PruningOptions {
  const given = {method, amount, scope, targets: targets?.split(','), by, multiple, include, exclude, nodes}
  const parsed = PruningOptions.safeParse(given)
  if (parsed.success) return parsed.data
  throw new LinguluError('USAGE', explainIssues(parsed.error))
}
