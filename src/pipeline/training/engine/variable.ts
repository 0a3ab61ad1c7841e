import type {Shape} from './shape.js'

/** What makes a variable of its inputs. */
export type Operation =
  | {readonly type: 'parameter'; readonly name: string; readonly trainable: boolean}
  | {readonly type: 'input'; readonly name: string; readonly element: 'float32' | 'int64'}
  | {readonly type: 'constant'; readonly values: Float32Array}
  /** The product of x and its sigmoid, which is the second input. */
  | {readonly type: 'silu'}
  /** With the kernel as it is, or turned around: x, weight [kernel, channels]. */
  | {readonly type: 'depthwise'; readonly turned: boolean}
  /** The gradient of its weight: x, gradient → [kernel, channels]. */
  | {readonly type: 'depthwiseWeight'}
  | {readonly type: Elementwise | 'softmax' | 'logSoftmax' | 'gather' | 'pick'}
  | {readonly type: 'matMul'; readonly transposeA: boolean; readonly transposeB: boolean}
  | {readonly type: 'reshape'; readonly shape: readonly number[]}
  | {readonly type: 'transpose'; readonly axes: readonly number[]}
  | {readonly type: 'slice'; readonly axis: number; readonly start: number; readonly end: number}
  | {readonly type: 'pad'; readonly axis: number; readonly before: number; readonly after: number}
  | {readonly type: 'concatenate'; readonly axis: number}
  | {readonly type: 'sum' | 'mean'; readonly axes: readonly number[]; readonly keepAxes: boolean}
  | {readonly type: 'layerNorm'; readonly epsilon: number}
  /** A further output of its input's operation. */
  | {readonly type: 'part'; readonly index: number}
  /** The sizes of its input at run time, and operations that take such sizes as their last input. */
  | {readonly type: 'sizes' | 'reshapeLike' | 'expandLike'}
  | {readonly type: 'count' | 'unsqueeze'; readonly axes: readonly number[]}
  /** 1 where the input is above 0, else 0. */
  | {readonly type: 'positive'}
  /** 0 or 1 ∕ (1 − rate), as drawn before: like, pool [n], offsets [sites] → the shape of `like`. */
  | {readonly type: 'dropoutMask'; readonly rate: number; readonly site: number}
  /** The inverse of `pick`: ids [...], values [...] → zeros of [..., width] but for the places of the ids. */
  | {readonly type: 'place'; readonly width: number}
  /** Sums rows into a table of zeros: ids, rows → [count, width]. */
  | {readonly type: 'scatterRows'; readonly count: number}

type Having<One, Type> = One extends {readonly type: infer Types} ? (Type extends Types ? One : never) : never
export type OperationOf<Type extends Operation['type']> = Having<Operation, Type>

export type Elementwise =
  | 'add'
  | 'subtract'
  | 'multiply'
  | 'divide'
  | 'exp'
  | 'log'
  | 'sqrt'
  | 'erf'
  | 'tanh'
  | 'sigmoid'
  | 'relu'

/** A value that a graph will compute: no numbers yet. */
export interface Variable {
  /** In the order of making: inputs come first. */
  readonly id: number
  readonly operation: Operation
  readonly inputs: readonly Variable[]
  readonly shape: Shape
}
