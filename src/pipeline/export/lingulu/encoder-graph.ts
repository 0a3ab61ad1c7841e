import type {GraphBuilder, Value} from '../../onnx/graph-builder.js'
import type {Model} from '../../onnx/model.js'
import {buildGraph} from '../../training/engine/graphs.js'
import type {Ops} from '../../training/engine/ops.js'
import {Tape} from '../../training/engine/tape.js'
import type {Variable} from '../../training/engine/variable.js'
import {FUSED_DOMAINS} from '../fused-domains.js'
import type {GraphContext} from '../graph-context.js'
import {GraphWeights} from '../graph-weights.js'
import {addBatchInputs, type BatchInputSizes} from './batch-inputs.js'

export interface EncoderGraph {
  readonly sizes: BatchInputSizes
  /** The outputs by name. */
  readonly outputs: (ops: Ops<Variable>) => ReadonlyMap<string, Variable>
}

/** ReduceMean takes its axes as an input from 18 on. */
const LEAST_OPSET = 18

/**
 * The graph of a model on the speech encoder: the very model that is trained, with its weights inside.
 *
 * @throws LinguluError MODEL_INVALID where the checkpoint lacks a weight or has it in another shape
 */
export function encoderGraph({sizes, outputs}: EncoderGraph, context: GraphContext): Model {
  const tape = new Tape({training: false})
  const made = outputs(tape)
  const shapes = new Map(
    tape.variables.flatMap(({operation, shape}) =>
      operation.type === 'parameter' ? [[operation.name, shape.map(Number)] as const] : [],
    ),
  )
  let found: {readonly inputs: ReadonlyMap<string, Value>; readonly weights: GraphWeights} | undefined
  const provide = (name: string, graph: GraphBuilder) => {
    found ??= {
      inputs: addBatchInputs(graph, sizes),
      weights: new GraphWeights(graph, context.checkpoint, context.used),
    }
    const shape = shapes.get(name)
    return shape === undefined ? found.inputs.get(name) : found.weights.take(name, shape)
  }
  const standard = context.layout !== 'fused'
  const opset = Math.max(context.build.opset, LEAST_OPSET)
  const domains = standard ? context.build.domains : {...context.build.domains, ...FUSED_DOMAINS}
  return buildGraph('model', made, {provide, standard, build: {...context.build, opset, domains}}).model
}
