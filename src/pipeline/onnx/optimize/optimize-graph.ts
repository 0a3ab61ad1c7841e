import {inferShapes} from '../infer-shapes.js'
import type {Model} from '../model.js'
import {TensorProto_DataType as DataType, TensorProto_DataLocation as Location} from '../onnx-ml_pb.js'
import {removeUnused} from '../remove-unused.js'
import {storedBytes} from '../stored-bytes.js'
import {modelGraphs, modelTensors} from '../visit.js'
import {findConstantExpressions} from './constant-expressions.js'
import {type FixedShape, fixShapes} from './fix-shapes.js'
import {foldConstants} from './fold-constants.js'
import {halfInputsAndOutputs} from './half-io.js'
import {mergeDuplicates} from './merge-duplicates.js'
import {removeNoOps} from './remove-no-ops.js'
import {optimizeByRuntime, type RuntimeLevel} from './runtime-optimize.js'

export interface OptimizeGraphOptions {
  /** ONNX Runtime’s own optimisations. Default `basic`. */
  readonly level?: RuntimeLevel | 'none' | undefined
  /** Compute constant expressions. Default true. */
  readonly foldConstants?: boolean | undefined
  readonly fixedShapes?: readonly FixedShape[] | undefined
  /** Inputs and outputs of float32 become float16. Default false. */
  readonly halfIo?: boolean | undefined
  /** An empty folder for what ONNX Runtime writes; it is needed until the result has been written. */
  readonly folder: string
  readonly signal?: AbortSignal | undefined
}

export interface OptimizedGraph {
  readonly model: Model
  /** What was left out, and why. */
  readonly notes: readonly string[]
}

/**
 * Makes a graph smaller and quicker without another result: what cannot be reached, does nothing, is there twice or is
 * known before goes; then ONNX Runtime does what it does at each loading.
 *
 * @throws LinguluError OPTION_UNSUPPORTED for shapes that do not fit; MODEL_INVALID as {@link optimizeByRuntime}
 */
export async function optimizeGraph(model: Model, options: OptimizeGraphOptions): Promise<OptimizedGraph> {
  const {level = 'basic', fixedShapes = [], halfIo = false, folder, signal} = options
  let current = await fixShapes(removeUnused(model), fixedShapes)
  if (halfIo) current = halfInputsAndOutputs(current)
  current = await simplify(current, options)
  if (level === 'none') return {model: current, notes: []}
  if (hasHalves(current)) return {model: current, notes: [HALVES]}
  const hidden = await constantsThatGrow(current)
  const optimized = await simplify(await optimizeByRuntime(current, {level, folder, hidden, signal}), options)
  const grown = storedBytes(optimized) - storedBytes(current)
  if (grown <= Math.max(LEAST_GROWTH_BYTES, GROWTH * storedBytes(current))) return {model: optimized, notes: []}
  return {model: current, notes: [`${GROWS} ${grown} bytes.`]}
}

const HALVES =
  'ONNX Runtime’s own optimisations were left out: they are made for its CPU provider, which turns half precision into float32.'
const GROWS = 'ONNX Runtime’s own optimisations were left out: they compute constants in advance, which would add'
const LEAST_GROWTH_BYTES = 1 << 16
const GROWTH = 0.01

const hasHalves = ({proto}: Model): boolean =>
  [...modelTensors(proto)].some(({dataType}) => dataType === DataType.FLOAT16 || dataType === DataType.BFLOAT16)

async function simplify(model: Model, {foldConstants: fold = true, signal}: OptimizeGraphOptions): Promise<Model> {
  let current = removeNoOps(model)
  if (fold) current = await foldConstants(current, {signal})
  current = await mergeDuplicates(removeNoOps(current))
  signal?.throwIfAborted()
  return current
}

/** Large weights of expressions that were not folded, since that would only take space: ONNX Runtime would. */
async function constantsThatGrow(model: Model): Promise<readonly string[]> {
  const {expressions} = findConstantExpressions(model, await inferShapes(model))
  const tensors = [...expressions.values()].flatMap(({inputs}) =>
    inputs.flatMap(input => (input !== undefined && 'tensor' in input ? [input.tensor] : [])),
  )
  const main = new Set(model.proto.graph?.initializer)
  return tensors.filter(tensor => main.has(tensor) && tensor.dataLocation === Location.EXTERNAL).map(({name}) => name)
}

/** Nodes of all graphs of a model. */
export const countNodes = ({proto}: Pick<Model, 'proto'>): number =>
  [...modelGraphs(proto)].reduce((sum, {node}) => sum + node.length, 0)
