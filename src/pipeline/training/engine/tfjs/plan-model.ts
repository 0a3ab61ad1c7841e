import {type DropoutSite, dropoutSites} from '../dropout-masks.js'
import {differentiate} from '../gradients.js'
import {type ParameterPlace, placeParameters} from '../parameters.js'
import type {Shape} from '../shape.js'
import {Tape} from '../tape.js'
import type {BuildModel} from '../training-engine.js'

/** What is known of a model before a batch comes. */
export interface ModelPlan {
  /** In the order of the ONNX Runtime engine, so that a checkpoint of one goes on in the other. */
  readonly places: readonly ParameterPlace[]
  /** Shapes of the weights that are not trained. */
  readonly frozen: ReadonlyMap<string, readonly number[]>
  readonly inputs: ReadonlyMap<string, Shape>
  readonly sites: readonly DropoutSite[]
}

/** Writes the model onto a tape to see its weights. Also finds shapes that do not agree, before anything is computed. */
export function planModel(build: BuildModel): ModelPlan {
  const tape = new Tape()
  const output = build(tape)
  const own = tape.variables.length
  const gradients = differentiate(tape, output, tape.input('gradient', output.shape))
  const inputs = new Map<string, Shape>()
  const frozen = new Map<string, readonly number[]>()
  // What comes after the model is there for its gradients.
  for (const {operation, shape} of tape.variables.slice(0, own)) {
    if (operation.type === 'input') inputs.set(operation.name, shape)
    if (operation.type === 'parameter' && !gradients.has(operation.name)) frozen.set(operation.name, shape.map(Number))
  }
  const shapes = new Map([...gradients].map(([name, {shape}]) => [name, shape.map(Number)] as const))
  return {places: placeParameters(shapes), frozen, inputs, sites: dropoutSites(tape.variables.slice(0, own))}
}
