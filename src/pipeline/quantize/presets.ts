import {BLOCK_OPERATORS} from '../onnx/quantize/block-weights.js'
import {METHODS, type ModelRecipe, type QuantizationMethod, type RecipeStep} from './recipes.js'

/** The operators that a preset quantizes to integers as they come. */
const PRODUCTS = ['MatMul', 'Gemm']
/** Tables too: an embedding that is also the last product would be kept as floats beside. */
const WITH_TABLES = [...BLOCK_OPERATORS]

/**
 * Feature extractors with group norm do not stand it: quiet frames are smaller than one step of the integers. They are
 * convolutions, or products over unfolded frames.
 */
const EXTRACTORS = ['*conv_layers*']
const DYNAMIC: RecipeStep = {method: 'dynamic-int8', opTypes: PRODUCTS, exclude: EXTRACTORS}
const CONVOLUTIONS: RecipeStep = {method: 'static-int8', opTypes: ['Conv'], exclude: EXTRACTORS}
/** Results do not depend on what else is in the batch, as they do where whole activations share a scale. */
const WEIGHTS: RecipeStep = {method: 'int8-weights', opTypes: WITH_TABLES}
const FOUR_BITS: RecipeStep = {method: 'int4-weights', opTypes: WITH_TABLES}
const HALF: RecipeStep = {method: 'float16'}
/** What TensorRT has int8 kernels for: no zero points. */
const TENSORRT: RecipeStep = {
  method: 'static-int8',
  opTypes: ['Conv', 'MatMul'],
  symmetric: true,
  exclude: EXTRACTORS,
}

interface Preset {
  readonly description: string
  readonly recipe: ModelRecipe
  /** With recordings to calibrate with; where absent, as without. */
  readonly calibrated?: ModelRecipe
  readonly needsCalibration?: boolean
}

/** What fits most models on a device. */
export const PRESETS = {
  cpu: {
    description: 'fast on CPUs: int8 encoders and CTC models, a decoder with 8-bit weights',
    recipe: {encoder: [DYNAMIC], model: [DYNAMIC], decoder: [WEIGHTS]},
    calibrated: {encoder: [DYNAMIC, CONVOLUTIONS], model: [DYNAMIC, CONVOLUTIONS], decoder: [WEIGHTS]},
  },
  gpu: {description: 'half the memory on GPUs: float16', recipe: {steps: [HALF]}},
  tensorrt: {
    description: 'TensorRT: int8 encoders and CTC models, a float16 decoder',
    recipe: {encoder: [TENSORRT], model: [TENSORRT], decoder: [HALF]},
    needsCalibration: true,
  },
  smallest: {description: 'the least disk: 4-bit weights everywhere', recipe: {steps: [FOUR_BITS]}},
} as const satisfies Record<string, Preset>
export type PresetName = keyof typeof PRESETS
export const PRESET_NAMES = ['cpu', 'gpu', 'tensorrt', 'smallest'] as const satisfies readonly PresetName[]

/** What `--method` takes. */
export const METHODS_AND_PRESETS = [...METHODS, ...PRESET_NAMES] as const

/** The recipe of a method, for all parts alike, or of a preset. */
export function recipeOf(
  name: QuantizationMethod | PresetName,
  {calibrated}: {readonly calibrated: boolean},
): ModelRecipe {
  const preset: Preset | undefined = Object.entries(PRESETS).find(([key]) => key === name)?.[1]
  if (preset !== undefined) return (calibrated ? preset.calibrated : undefined) ?? preset.recipe
  const method = METHODS.find(one => one === name)
  return {steps: method === undefined ? [] : [{method}]}
}
