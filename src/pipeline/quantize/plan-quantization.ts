import {LinguluError} from '../errors.js'
import type {PrecisionChoice} from '../models/model-folder.js'
import {type ModelPart, type ModelSource, nameInPrecision, openModelSource, partOf} from '../models/model-source.js'
import {graphName} from './graph-files.js'
import {type ModelRecipe, precisionOf, type RecipeStep, stepsOf} from './recipes.js'

/** An ONNX file of a model, and what is done to it. */
export interface PlannedFile {
  /** Relative to the folder, with `/`. */
  readonly name: string
  /** The same in every precision: `encoder_model`, `model`. */
  readonly graph: string
  readonly part: ModelPart
  /** None where it stays as it is. */
  readonly steps: readonly RecipeStep[]
  readonly targetName: string
}

export interface QuantizationPlan {
  /** Where the model lies: a folder, or an ONNX file. */
  readonly from: string
  readonly source: ModelSource
  /** Of the source's files. */
  readonly precision: PrecisionChoice
  readonly recipe: ModelRecipe
  readonly files: readonly PlannedFile[]
}

/**
 * What a recipe does to the files of a model.
 *
 * @throws LinguluError MODEL_MISSING, MODEL_INVALID; OPTION_UNSUPPORTED if it does nothing
 */
export async function planQuantization(
  from: string,
  precision: PrecisionChoice,
  recipe: ModelRecipe,
): Promise<QuantizationPlan> {
  const source = await openModelSource(from, precision)
  const files = source.models.map((name): PlannedFile => {
    const part = partOf(name)
    const steps = stepsOf(recipe, part)
    const made = precisionOf(steps)
    return {
      name,
      graph: graphName(name),
      part,
      steps,
      targetName: made === undefined ? name : nameInPrecision(name, made),
    }
  })
  if (files.every(({steps}) => steps.length === 0)) {
    const parts = [...new Set(files.map(({part}) => part))].join(' and ')
    throw new LinguluError('OPTION_UNSUPPORTED', `The recipe has no steps for the parts of ${from}: ${parts}.`, {
      hint: 'Give `steps`, which are for all parts, or steps for these.',
    })
  }
  return {from, source, precision, recipe, files}
}
