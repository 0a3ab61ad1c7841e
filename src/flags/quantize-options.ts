import type {Interfaces} from '@oclif/core'
import {LinguluError} from '../pipeline/errors.js'
import {parsePrecision} from '../pipeline/models/precision.js'
import {METHODS_AND_PRESETS, PRESET_NAMES} from '../pipeline/quantize/presets.js'
import {ModelRecipe, readRecipe} from '../pipeline/quantize/recipes.js'
import {givenStepFlag, recipeOfFlags} from '../pipeline/quantize/step-flags.js'
import type {QuantizeModelOptions} from '../pipeline/quantize-model.js'
import {datasetOptions} from './dataset-flags.js'
import type {quantizeFlags} from './quantize-flags.js'

export type QuantizeFlags = Interfaces.InferredFlags<typeof quantizeFlags>

/**
 * What the flags ask for.
 *
 * @throws LinguluError USAGE, CONFIG_INVALID, INPUT_MISSING
 */
export async function quantizeOptions(model: string, flags: QuantizeFlags): Promise<QuantizeModelOptions> {
  const {out, precision, include, exclude, device, threads} = flags
  return {
    model,
    out,
    ...(await recipe(flags, {include, exclude})),
    precision: precision === undefined ? undefined : parsePrecision(precision),
    data: dataOptions(flags),
    device,
    threads,
  }
}

type Patterns = Pick<QuantizeModelOptions, 'include' | 'exclude'>

async function recipe(
  flags: QuantizeFlags,
  patterns: Patterns,
): Promise<Pick<QuantizeModelOptions, 'recipe'> & Patterns> {
  const {method} = flags
  const step = stepValues(flags)
  const extra = givenStepFlag(step)
  if (flags.recipe !== undefined) {
    if (extra !== undefined) throw usage(`--${extra} and --recipe: say it in the recipe.`)
    return {recipe: await readRecipe(ModelRecipe, flags.recipe), ...patterns}
  }
  if (method === undefined)
    throw usage(`Give --method or --recipe. Methods and presets: ${METHODS_AND_PRESETS.join(', ')}.`)
  const preset = PRESET_NAMES.find(name => name === method)
  if (preset === undefined) return {recipe: recipeOfFlags({...step, method}, 'lingulu quantize'), ...patterns}
  if (extra !== undefined) throw usage(`--${extra} is no matter of the preset ${preset}: take a method, or --recipe.`)
  return {recipe: preset, ...patterns}
}

/** Those that make a step, but for the patterns, which are for all steps. */
function stepValues(flags: QuantizeFlags) {
  const {nodes, symmetric, percentile} = flags
  return {
    nodes,
    symmetric,
    'op-types': flags['op-types'],
    'per-channel': flags['per-channel'],
    'block-size': flags['block-size']?.toString(),
    'calibration-method': flags['calibration-method'],
    percentile: percentile?.toString(),
  }
}

function dataOptions(flags: QuantizeFlags): QuantizeModelOptions['data'] {
  const {data, layout, columns, measure, subset, sensitivity} = flags
  const maxWerIncrease = flags['max-wer-increase']
  if (maxWerIncrease !== undefined && maxWerIncrease < 0) throw usage('--max-wer-increase is a number from 0 on.')
  if (maxWerIncrease !== undefined && !measure) throw usage('--max-wer-increase cannot be kept with --no-measure.')
  if (data === undefined) return undefined
  return {
    dataset: data,
    reading: datasetOptions({layout, columns}),
    subset: subset === undefined ? undefined : {utterances: subset},
    calibrationSamples: flags['calibration-samples'],
    measure,
    maxWerIncrease,
    sensitivity,
  }
}

function usage(message: string): LinguluError {
  return new LinguluError('USAGE', message, {hint: '`lingulu quantize --help` tells what there is.'})
}
