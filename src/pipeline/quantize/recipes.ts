import type {Precision} from '../models/model-folder.js'
import {convertToFloat16, type Float16Options} from '../onnx/float16.js'
import type {Model} from '../onnx/model.js'
import {BLOCK_OPERATORS, type BlockOptions, quantizeBlockWeights} from '../onnx/quantize/block-weights.js'
import {DYNAMIC_OPERATORS, type DynamicOptions, type QuantizedNode, quantizeDynamic} from '../onnx/quantize/dynamic.js'

/** How a model is made smaller. */
export type Recipe =
  | {readonly method: 'dynamic'; readonly options?: DynamicOptions | undefined}
  | {readonly method: 'weights'; readonly options: BlockOptions}
  | {readonly method: 'float16'; readonly options?: Float16Options | undefined}

/**
 * What fits most models: `cpu` is fast on processors, `gpu` halves memory on GPUs, `smallest` takes the least disk. Tables
 * are among the operators of both others: an embedding that is also the last product would be kept as floats beside.
 */
export const PRESETS = {
  cpu: {method: 'dynamic', options: {opTypes: DYNAMIC_OPERATORS}},
  gpu: {method: 'float16'},
  smallest: {method: 'weights', options: {bits: 4, opTypes: BLOCK_OPERATORS}},
} as const satisfies Record<string, Recipe>
export type Preset = keyof typeof PRESETS

/** The precision that a recipe gives, which names the files. */
export function precisionOf(recipe: Recipe): Precision {
  if (recipe.method === 'float16') return 'fp16'
  if (recipe.method === 'dynamic') return recipe.options?.weightType ?? 'int8'
  return recipe.options.bits === 4 ? 'q4' : 'q8'
}

/** A model by a recipe, and the nodes that were quantized; undefined where the recipe changes all of them. */
export async function applyRecipe(
  model: Model,
  recipe: Recipe,
): Promise<{readonly model: Model; readonly nodes: readonly QuantizedNode[] | undefined}> {
  if (recipe.method === 'dynamic') return await quantizeDynamic(model, recipe.options)
  if (recipe.method === 'weights') return await quantizeBlockWeights(model, recipe.options)
  return {model: convertToFloat16(model, recipe.options), nodes: undefined}
}
