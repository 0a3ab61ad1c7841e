import type {Model} from '../model.js'
import {shapeOf} from '../tensor-values.js'
import type {ChannelGroup, Placement} from './channels.js'
import {decodeFloats, isFloatKind, sourceOf} from './float-pieces.js'

/**
 * The mean magnitude of the weights that make a channel and that read it, over all matrices that have it (query, key,
 * value and output; both layers of a feed-forward block): the L1 norm, on a scale that layers share.
 */
export async function scoreByWeights(model: Model, group: ChannelGroup): Promise<Float64Array> {
  const sums = new Float64Array(group.channels)
  let elements = 0
  for (const [{tensor}, placement] of group.placements) {
    if (tensor === undefined || !isFloatKind(tensor.dataType) || tensor.dims.length < 2) continue
    const source = await sourceOf(model, tensor)
    const values = decodeFloats(await source.read(0, source.byteLength), tensor.dataType)
    addMagnitudes(values, shapeOf(tensor), placement, group, sums)
    elements += values.length / group.channels
  }
  return elements === 0 ? sums : sums.map(sum => sum / elements)
}

function addMagnitudes(
  values: Float32Array,
  shape: readonly number[],
  {fromEnd, flat}: Placement,
  {channels, unit}: ChannelGroup,
  sums: Float64Array,
): void {
  const size = shape.at(-fromEnd) ?? 1
  const inner = shape.slice(shape.length - fromEnd + 1).reduce((product, one) => product * one, 1)
  const width = flat ? unit : 1
  for (let index = 0; index < values.length; index++) {
    const channel = Math.floor((Math.floor(index / inner) % size) / width) % channels
    sums[channel] = (sums[channel] ?? 0) + Math.abs(values[index] as number)
  }
}
