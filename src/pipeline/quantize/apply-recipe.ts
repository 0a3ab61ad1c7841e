import {LinguluError} from '../errors.js'
import type {Model} from '../onnx/model.js'
import {quantizeBlockWeights} from '../onnx/quantize/block-weights.js'
import {quantizeDynamic} from '../onnx/quantize/dynamic.js'
import {nodeName, selectNodes} from '../onnx/quantize/select-nodes.js'
import {toHalves} from '../onnx/to-halves.js'
import {modelGraphs} from '../onnx/visit.js'
import {fittingBlockSize} from './block-size.js'
import type {QuantizationMethod, Recipe, RecipeStep} from './recipes.js'
import {operatorsOf} from './step-operators.js'
import {type StepProblem, unchanged, unmatched} from './step-problems.js'

/** A node that was changed. */
export interface ChangedNode {
  readonly name: string
  readonly opType: string
  readonly method: QuantizationMethod
  /** The index of the step that did it. */
  readonly step: number
  /** The tensor of its weights; undefined for half precision. */
  readonly weight?: string | undefined
}

interface Changed {
  readonly model: Model
  readonly nodes: readonly Omit<ChangedNode, 'method' | 'step'>[]
}

export type StaticStep = Extract<RecipeStep, {method: 'static-int8'}>

/** Quantizes a model by a static step, after its nodes were calibrated. */
export type StaticQuantizer = (model: Model, step: StaticStep) => Promise<Changed>

export interface ApplyOptions {
  /** Absent where there is nothing to calibrate with. */
  readonly quantizeStatic?: StaticQuantizer | undefined
  /** Hears of steps, operators and names that have no effect; without it, the first of them is an error. */
  readonly onProblem?: ((problem: StepProblem) => void) | undefined
}

/**
 * A model by a recipe, and the nodes that were changed. A step changes only what no earlier one has, since nodes with
 * integers are of other operators or have no float weights any more.
 *
 * @throws LinguluError OPTION_UNSUPPORTED for a step that changes nothing, with the reason, and for one that needs
 *   calibration and has none; what the passes throw
 */
export async function applyRecipe(
  model: Model,
  {steps}: Recipe,
  {quantizeStatic, onProblem = refuse}: ApplyOptions = {},
): Promise<{readonly model: Model; readonly nodes: readonly ChangedNode[]}> {
  // Of the model as it was: nodes get other names, or go, when they are quantized.
  for (const step of steps) for (const problem of unmatched(model, step)) onProblem(problem)
  const nodes: ChangedNode[] = []
  let current = model
  for (const [index, step] of steps.entries()) {
    const changed = await applyStep(current, step, quantizeStatic)
    if (changed.nodes.length === 0) onProblem(unchanged(current, step, index))
    else current = changed.model
    for (const {name, opType, weight} of changed.nodes)
      nodes.push({name, opType, method: step.method, step: index, weight})
  }
  return {model: current, nodes}
}

function refuse({message, hint}: StepProblem): never {
  throw new LinguluError('OPTION_UNSUPPORTED', message, {hint})
}

async function applyStep(
  model: Model,
  step: RecipeStep,
  quantizeStatic: StaticQuantizer | undefined,
): Promise<Changed> {
  const known = operatorsOf(step, model).all
  const selection = {...step, opTypes: step.opTypes?.filter(type => known.includes(type)), unmatched: 'ignore'} as const
  switch (selection.method) {
    case 'dynamic-int8':
      return await quantizeDynamic(model, selection)
    case 'static-int8':
      if (quantizeStatic === undefined) throw withoutCalibration()
      return await quantizeStatic(model, selection)
    case 'int8-weights':
      return await quantizeBlockWeights(model, {
        ...selection,
        bits: 8,
        blockSize: fittingBlockSize(model, selection, 8),
      })
    case 'int4-weights':
      return await quantizeBlockWeights(model, {
        ...selection,
        bits: 4,
        blockSize: fittingBlockSize(model, selection, 4),
      })
    case 'float16':
      return halved(model, selection)
  }
}

/** Nodes that are not selected stay in float32. */
function halved(model: Model, step: Extract<RecipeStep, {method: 'float16'}>): Changed {
  const isSelected = selectNodes(model, step, operatorsOf(step, model))
  const all = [...modelGraphs(model.proto)].flatMap(({node}) => node)
  const blockedNodes = [...new Set(all.filter(node => !isSelected(node)).map(nodeName))]
  const nodes = all.filter(isSelected).map(node => ({name: nodeName(node), opType: node.opType}))
  if (nodes.length === 0) return {model, nodes}
  return {model: toHalves(model, {keepIoTypes: step.keepIoTypes, blockedNodes, unmatched: 'ignore'}), nodes}
}

function withoutCalibration(): LinguluError {
  return new LinguluError('OPTION_UNSUPPORTED', 'static-int8 needs to see what the model is fed.', {
    hint: 'Give recordings (`lingulu quantize --data`), or what was recorded of them (`onnx-quantize --calibration`).',
  })
}
