import {LinguluError} from '../errors.js'
import type {Model} from '../onnx/model.js'
import {checkSelection, selectNodes} from '../onnx/quantize/select-nodes.js'
import {modelGraphs} from '../onnx/visit.js'
import type {RecipeStep} from './recipes.js'
import {operatorsOf} from './step-operators.js'

/** Why a step, or a part of it, has no effect on a model. */
export interface StepProblem {
  /** The same for the same step and cause in every model: what is so in all files of a folder is an error. */
  readonly key: string
  readonly message: string
  readonly hint?: string | undefined
}

/** Operators that the step cannot change, and names and patterns that no node of the model has. */
export function* unmatched(model: Model, step: RecipeStep): Generator<StepProblem> {
  const operators = operatorsOf(step, model)
  const {opTypes, include = [], exclude = [], nodes = []} = step
  const selections = [
    {opTypes},
    ...include.map(one => ({opTypes, include: [one]})),
    ...exclude.map(one => ({opTypes, exclude: [one]})),
    ...nodes.map(one => ({opTypes, nodes: [one]})),
  ]
  for (const selection of selections) {
    try {
      checkSelection(model, selection, operators)
    } catch (error) {
      if (!(error instanceof LinguluError)) throw error
      const {message, hint} = error
      yield {key: unmatchedKey(step, selection), message, hint}
    }
  }
}

/** The key of the problem that operators, or one name or pattern, match nothing in a model. */
export const unmatchedKey = (
  {method, opTypes}: RecipeStep,
  selection: Pick<RecipeStep, 'opTypes' | 'include' | 'exclude' | 'nodes'>,
): string => JSON.stringify([method, {opTypes, ...selection}])

/** A step that has changed nothing. */
export function unchanged(model: Model, step: RecipeStep, index: number): StepProblem {
  return {
    key: JSON.stringify([index, step]),
    message: `Step ${index + 1} (${step.method}) changes nothing: ${whyNothing(model, step)}.`,
    hint: 'Give the float32 model, and operators and names that it has.',
  }
}

function whyNothing(model: Model, step: RecipeStep): string {
  const operators = operatorsOf(step, model)
  const types = step.opTypes ?? operators.defaults
  const all = [...modelGraphs(model.proto)].flatMap(({node}) => node)
  const ofTypes = all.filter(({opType}) => types.includes(opType))
  if (ofTypes.length === 0) return `the model has no ${types.join(' and no ')}`
  const selected = ofTypes.filter(selectNodes(model, {...step, unmatched: 'ignore'}, operators))
  if (selected.length === 0) return `its ${ofTypes.length} nodes of ${types.join(', ')} are left out by their names`
  const nodes = selected.length === 1 ? 'the node' : `none of the ${selected.length} nodes`
  return `${nodes} of ${types.join(', ')} that it selects ${selected.length === 1 ? 'has no' : 'has'} float32 weights of its own: they are quantized already, or computed`
}
