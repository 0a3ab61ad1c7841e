import type {Model} from '../onnx/model.js'
import {BLOCK_SIZES, type BlockBits, type BlockSize} from '../onnx/quantize/blocks.js'
import {modelGraphs} from '../onnx/visit.js'
import type {RecipeStep} from './recipes.js'

const DEFAULTS = {4: 32, 8: 128} as const

/**
 * The block size for a model where none was chosen: the default, or the largest below that the rows of all its tables are
 * a multiple of, since tables have no room for what is left over.
 */
export function fittingBlockSize(
  {proto}: Model,
  {blockSize, opTypes}: Extract<RecipeStep, {blockSize?: unknown}>,
  bits: BlockBits,
): BlockSize {
  const wanted = blockSize ?? DEFAULTS[bits]
  if (blockSize !== undefined || opTypes?.includes('Gather') !== true) return wanted
  const tensors = new Map([...modelGraphs(proto)].flatMap(({initializer}) => initializer.map(one => [one.name, one])))
  const depths = [...modelGraphs(proto)]
    .flatMap(({node}) => node.filter(({opType}) => opType === 'Gather'))
    .map(({input}) => tensors.get(input[0] ?? ''))
    .filter(tensor => tensor?.dims.length === 2)
    .map(tensor => Number(tensor?.dims[1] ?? 0))
  const fitting = BLOCK_SIZES.filter(size => size <= wanted && depths.every(depth => depth % size === 0))
  return fitting.at(-1) ?? wanted
}
