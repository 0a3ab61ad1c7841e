import {Tape} from './tape.js'
import type {BuildModel} from './training-engine.js'

export interface DeclaredParameter {
  readonly name: string
  readonly shape: readonly number[]
  readonly trainable: boolean
}

/** The parameters that a model takes, in the order in which it asks for them. */
export function declaredParameters(build: BuildModel): readonly DeclaredParameter[] {
  const tape = new Tape()
  build(tape)
  return tape.variables.flatMap(({operation, shape}) =>
    operation.type === 'parameter'
      ? [{name: operation.name, shape: shape.map(Number), trainable: operation.trainable}]
      : [],
  )
}
