import {inferShapes} from '../infer-shapes.js'
import type {Model} from '../model.js'
import {type NodeSelection, selectNodes} from '../quantize/select-nodes.js'
import type {ChannelGroup, SkippedGroup} from './channels.js'
import {type ChannelAmount, chooseChannels} from './choose-channels.js'
import {findChannels} from './find-channels.js'
import {removeChannels} from './remove-channels.js'
import {scoreByWeights} from './score-channels.js'

export type ChannelTarget = 'heads' | 'ffn'

export interface ChannelPruning extends ChannelAmount {
  /** What is removed. Default both. */
  readonly targets?: readonly ChannelTarget[] | undefined
  /** How active channels are, which they are judged by; of each group a number for each. Default: by their weights. */
  readonly measure?: ((model: Model, groups: readonly ChannelGroup[]) => Promise<ChannelScores>) | undefined
  readonly signal?: AbortSignal | undefined
}

/** A number for each channel of a group: the lowest are removed first. */
export type ChannelScores = ReadonlyMap<ChannelGroup, Float64Array>

/** What became of one layer. */
export interface PrunedLayer {
  readonly name: string
  readonly kind: ChannelTarget
  readonly before: number
  readonly after: number
}

export interface PrunedChannels {
  readonly model: Model
  readonly layers: readonly PrunedLayer[]
  readonly skipped: readonly SkippedGroup[]
}

/**
 * Removes whole neurons and attention heads, so that products become smaller and the model faster without sparse kernels.
 * Branches that share weights (merged decoders) lose the same ones. `include` and `exclude` are patterns over the names
 * of the products of a layer.
 *
 * @throws LinguluError OPTION_UNSUPPORTED for names and patterns that no node has
 */
export async function pruneChannels(
  model: Model,
  pruning: ChannelPruning,
  selection: NodeSelection = {},
): Promise<PrunedChannels> {
  const {targets = ['heads', 'ffn'], measure, signal} = pruning
  const found = findChannels(model.proto, await inferShapes(model))
  const isSelected = selectGroups(model, selection)
  const groups = found.groups.filter(group => targets.includes(group.kind) && isSelected(group))
  if (groups.length === 0) return {model, layers: [], skipped: found.skipped}
  const activations = await measure?.(model, groups)
  const scored = []
  for (const group of groups) {
    signal?.throwIfAborted()
    scored.push({group, scores: activations?.get(group) ?? (await scoreByWeights(model, group))})
  }
  const kept = chooseChannels(scored, pruning)
  return {
    model: await removeChannels(model, kept),
    layers: groups.map(group => ({
      name: group.name,
      kind: group.kind,
      before: group.channels,
      after: kept.get(group)?.length ?? group.channels,
    })),
    skipped: targets.includes('heads') ? found.skipped : [],
  }
}

const PRODUCTS = ['MatMul', 'Gemm', 'FusedMatMul']
const OPERATORS = {defaults: PRODUCTS, all: PRODUCTS}

/** A layer is chosen by any of its products; to leave it out, one is enough, too. */
function selectGroups(model: Model, selection: NodeSelection): (group: ChannelGroup) => boolean {
  const {exclude = []} = selection
  const isChosen = selectNodes(model, selection, OPERATORS)
  const isExcluded =
    exclude.length === 0 ? () => false : selectNodes(model, {include: exclude, unmatched: 'ignore'}, OPERATORS)
  return ({producers, consumers}) => {
    const nodes = [...producers, ...consumers].map(({node}) => node)
    return nodes.some(isChosen) && !nodes.some(isExcluded)
  }
}
