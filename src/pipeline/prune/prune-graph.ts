import {LinguluError} from '../errors.js'
import type {Model} from '../onnx/model.js'
import {measureSparsity, type WeightSparsity} from '../onnx/prune/measure-sparsity.js'
import type {NOfM} from '../onnx/prune/n-of-m.js'
import {PRUNABLE_OPERATORS} from '../onnx/prune/prunable-weights.js'
import {type ChannelPruning, pruneChannels} from '../onnx/prune/prune-channels.js'
import {pruneWeights} from '../onnx/prune/prune-weights.js'
import {checkSelection, type NodeSelection} from '../onnx/quantize/select-nodes.js'
import type {Pruning} from './pruning-options.js'
import type {SparsityReport} from './sparsity-report.js'

/** A name or pattern that no node of a graph has. */
export interface UnmatchedName {
  /** The same in every graph. */
  readonly key: string
  readonly message: string
  readonly hint?: string | undefined
}

const PRUNED_PRODUCTS = [...PRUNABLE_OPERATORS, 'FusedMatMul']

/** The names and patterns of a selection that match nothing that could be pruned in a graph. */
export function* unmatchedNames(model: Model, {include = [], exclude = [], nodes = []}: NodeSelection) {
  const selections: NodeSelection[] = [
    ...include.map(one => ({include: [one]})),
    ...exclude.map(one => ({exclude: [one]})),
    ...nodes.map(one => ({nodes: [one]})),
  ]
  for (const selection of selections) {
    try {
      checkSelection(model, selection, {defaults: PRUNED_PRODUCTS, all: PRUNED_PRODUCTS})
    } catch (error) {
      if (!(error instanceof LinguluError)) throw error
      const {message, hint} = error
      yield {key: JSON.stringify(selection), message, hint} satisfies UnmatchedName
    }
  }
}

export interface PruneGraphOptions {
  readonly pruning: Pruning
  readonly selection?: NodeSelection | undefined
  /** How active channels are, for structured pruning by activation. */
  readonly measure?: ChannelPruning['measure']
  /** That nothing is to be pruned is no error. */
  readonly lenient?: boolean | undefined
  readonly signal?: AbortSignal | undefined
}

/** Whose violations are counted where another method is used. */
const NVIDIA: NOfM = {n: 2, m: 4}

/**
 * Prunes one graph, and tells what became of it.
 *
 * @throws LinguluError OPTION_UNSUPPORTED if nothing is to be pruned, and for names that no node has; MODEL_INVALID if
 *   weights are not finite
 */
export async function pruneGraph(
  model: Model,
  options: PruneGraphOptions,
): Promise<{readonly model: Model; readonly report: SparsityReport}> {
  const {pruning, lenient = false} = options
  const pattern = pruning.method === 'n:m' ? pruning : NVIDIA
  const made = await prune(model, options)
  if (!made.isChanged && !lenient)
    throw new LinguluError('OPTION_UNSUPPORTED', 'There is nothing to prune in the chosen part of the model.', {
      hint: 'Give a float model that is not quantized, a larger --amount, or other nodes.',
    })
  const [before, after] = [await measureSparsity(model, pattern), await measureSparsity(made.model, pattern)]
  const former = new Map(before.layers.map(layer => [layer.weight, layer]))
  return {
    model: made.model,
    report: {
      method: nameOf(pruning),
      pattern: `${pattern.n}:${pattern.m}`,
      parametersBefore: before.parameters,
      parameters: after.parameters,
      layers: after.layers.map(layer => toReport(layer, former.get(layer.weight) ?? layer)),
      removed: [...made.removed],
      skipped: [...made.skipped],
    },
  }
}

interface Pruned extends Pick<SparsityReport, 'removed' | 'skipped'> {
  readonly model: Model
  readonly isChanged: boolean
}

async function prune(
  model: Model,
  {pruning, selection = {}, measure, lenient, signal}: PruneGraphOptions,
): Promise<Pruned> {
  const nodes: NodeSelection = lenient ? {...selection, unmatched: 'ignore'} : selection
  if (pruning.method === 'structured') {
    const made = await pruneChannels(model, {...pruning, measure, signal}, nodes)
    const removed = made.layers.filter(({before, after}) => after < before)
    return {model: made.model, removed, skipped: [...made.skipped], isChanged: removed.length > 0}
  }
  const made = await pruneWeights(model, pruning, nodes)
  return {model: made.model, removed: [], skipped: [...made.skipped], isChanged: made.weights.length > 0}
}

function nameOf(pruning: Pruning): string {
  if (pruning.method === 'n:m') return `${pruning.n}:${pruning.m}`
  const by = pruning.method === 'structured' ? `, by ${pruning.by}` : ''
  return `${pruning.method}, amount ${pruning.amount}, ${pruning.scope}${by}`
}

const toReport = (
  {node, weight, shape, zeros, groups, violations, operations, neededOperations}: WeightSparsity,
  before: WeightSparsity,
): SparsityReport['layers'][number] => ({
  node,
  weight,
  shapeBefore: [...before.shape],
  shape: [...shape],
  zerosBefore: before.zeros,
  zeros,
  groups,
  violations,
  operationsBefore: before.operations,
  operations,
  neededOperations,
})
