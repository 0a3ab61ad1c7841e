import {broadcastAxes} from './shape.js'
import type {Tape} from './tape.js'
import type {Operation, OperationOf, Variable} from './variable.js'

interface Context<Type extends Operation['type']> {
  readonly tape: Tape
  /** The variable whose gradient is given, with its operation. */
  readonly output: Variable
  readonly operation: OperationOf<Type>
  readonly inputs: readonly Variable[]
  /** Gradient of the loss with respect to the output. */
  readonly gradient: Variable
}

/** Gradients with respect to the inputs; undefined where none is defined. */
type Rule<Type extends Operation['type']> = (context: Context<Type>) => readonly (Variable | undefined)[]

const TWO_OVER_ROOT_PI = 2 / Math.sqrt(Math.PI)

const RULES: {readonly [Type in Operation['type']]?: Rule<Type>} = {
  add: ({tape, inputs: [a, b], gradient}) => [sumTo(tape, gradient, a), sumTo(tape, gradient, b)],
  subtract: ({tape, inputs: [a, b], gradient}) => [sumTo(tape, gradient, a), sumTo(tape, negative(tape, gradient), b)],
  multiply: ({tape, inputs: [a, b], gradient}) => [
    sumTo(tape, tape.multiply(gradient, given(b)), a),
    sumTo(tape, tape.multiply(gradient, given(a)), b),
  ],
  divide({tape, output, inputs: [a, b], gradient}) {
    const scaled = tape.divide(gradient, given(b))
    return [sumTo(tape, scaled, a), sumTo(tape, negative(tape, tape.multiply(scaled, output)), b)]
  },
  exp: ({tape, output, gradient}) => [tape.multiply(gradient, output)],
  log: ({tape, inputs: [x], gradient}) => [tape.divide(gradient, given(x))],
  sqrt: ({tape, output, gradient}) => [tape.divide(gradient, scaled(tape, output, 2))],
  erf({tape, inputs: [x], gradient}) {
    const square = tape.multiply(given(x), given(x))
    return [tape.multiply(gradient, scaled(tape, tape.exp(negative(tape, square)), TWO_OVER_ROOT_PI))]
  },
  tanh: ({tape, output, gradient}) => [tape.multiply(gradient, oneMinus(tape, tape.multiply(output, output)))],
  sigmoid: ({tape, output, gradient}) => [tape.multiply(gradient, tape.multiply(output, oneMinus(tape, output)))],
  relu: ({tape, output, gradient}) => [
    tape.multiply(gradient, tape.record({type: 'positive'}, [output], output.shape)),
  ],
  softmax({tape, output, gradient}) {
    const product = tape.multiply(gradient, output)
    return [tape.subtract(product, tape.multiply(output, tape.sum(product, [-1], true)))]
  },
  logSoftmax: ({tape, output, gradient}) => [
    tape.subtract(gradient, tape.multiply(tape.exp(output), tape.sum(gradient, [-1], true))),
  ],
  silu({tape, output, inputs: [, sigmoid], gradient}) {
    const slope = tape.add(given(sigmoid), tape.multiply(output, oneMinus(tape, given(sigmoid))))
    return [tape.multiply(gradient, slope), undefined]
  },
  matMul: matMulGradients,
  reshape: ({tape, inputs: [x], gradient}) => [like(tape, 'reshapeLike', gradient, given(x))],
  transpose({tape, operation: {axes}, gradient}) {
    const back = axes.map((_, axis) => axes.indexOf(axis))
    return [tape.transpose(gradient, back)]
  },
  slice({tape, operation: {axis, start, end}, inputs: [x], gradient}) {
    const size = given(x).shape[axis]
    const after = end <= 0 ? -end : Number(size) - end
    return [tape.pad(gradient, axis, start, after)]
  },
  pad: ({tape, operation: {axis, before, after}, gradient}) => [tape.slice(gradient, axis, before, -after)],
  concatenate({tape, operation: {axis}, inputs, gradient}) {
    let start = 0
    return inputs.map(({shape}) => {
      const end = start + Number(shape[axis])
      const part = tape.slice(gradient, axis, start, end)
      start = end
      return part
    })
  },
  sum: ({tape, operation, inputs: [x], gradient}) => [
    expanded(tape, gradient, operation.axes, operation.keepAxes, given(x)),
  ],
  mean({tape, operation, inputs: [x], gradient}) {
    const whole = given(x)
    const count = tape.record({type: 'count', axes: operation.axes}, [sizes(tape, whole)], [])
    return [expanded(tape, tape.divide(gradient, count), operation.axes, operation.keepAxes, whole)]
  },
  layerNorm: layerNormGradients,
  depthwise({tape, inputs: [x, weight], gradient}) {
    const back = tape.record({type: 'depthwise', turned: true}, [gradient, given(weight)], gradient.shape)
    return [back, tape.record({type: 'depthwiseWeight'}, [given(x), gradient], given(weight).shape)]
  },
  gather({tape, inputs: [table, ids], gradient}) {
    const shape = given(table).shape
    return [tape.record({type: 'scatterRows', count: Number(shape[0])}, [given(ids), gradient], shape), undefined]
  },
  pick({tape, inputs: [x, ids], gradient}) {
    const {shape} = given(x)
    return [tape.record({type: 'place', width: Number(shape.at(-1))}, [given(ids), gradient], shape), undefined]
  },
  dropoutMask: () => [],
}

/**
 * Writes the gradients of `output` with respect to parameters onto the tape (reverse mode), given its own, `seed`.
 *
 * @returns by the parameters' names; those that have no influence are missing
 */
export function differentiate(tape: Tape, output: Variable, seed: Variable): ReadonlyMap<string, Variable> {
  const terms = new Map<Variable, Variable[]>([[output, [seed]]])
  const found = new Map<string, Variable>()
  const trainable = dependents(tape)
  for (const variable of tape.variables.slice(0, output.id + 1).reverse()) {
    const own = terms.get(variable)
    if (own === undefined) continue
    const gradient = total(tape, own)
    const {operation, inputs} = variable
    if (operation.type === 'parameter' && operation.trainable) found.set(operation.name, gradient)
    for (const [index, part] of gradientsOf(tape, variable, gradient).entries()) {
      const input = inputs[index]
      if (part === undefined || input === undefined || !trainable.has(input)) continue
      terms.set(input, [...(terms.get(input) ?? []), part])
    }
  }
  return found
}

/** The sum of at least one term. Terms that fill one place each, as the parts of a tensor give them, are put side by side. */
function total(tape: Tape, terms: readonly Variable[]): Variable {
  const parts = terms.filter(({operation}) => operation.type === 'pad')
  const joined = sideBySide(tape, parts)
  const left = joined === undefined ? terms : [joined, ...terms.filter(term => !parts.includes(term))]
  return left.reduce((sum, term) => tape.add(sum, term))
}

function sideBySide(tape: Tape, parts: readonly Variable[]): Variable | undefined {
  const pads = parts.flatMap(({operation, inputs: [inner], shape}) =>
    operation.type === 'pad' && inner !== undefined ? [{...operation, inner, size: shape[operation.axis]}] : [],
  )
  const [first] = pads
  if (first === undefined || pads.length < 2 || typeof first.size === 'string') return undefined
  pads.sort((a, b) => a.before - b.before)
  let end = 0
  for (const {axis, before, inner} of pads) {
    if (axis !== first.axis || before !== end) return undefined
    end += Number(inner.shape[axis])
  }
  if (end !== first.size) return undefined
  return tape.concatenate(
    pads.map(({inner}) => inner),
    first.axis,
  )
}

function gradientsOf(tape: Tape, output: Variable, gradient: Variable): readonly (Variable | undefined)[] {
  const {operation, inputs} = output
  if (inputs.length === 0) return []
  // The table has for each type the rule of just that type.
  const rule = RULES[operation.type] as Rule<Operation['type']> | undefined
  if (rule === undefined) throw new RangeError(`The gradient of ${operation.type} is not defined.`)
  return rule({tape, output, operation, inputs, gradient})
}

/** Variables that some trainable parameter has influence on. */
function dependents({variables}: Tape): ReadonlySet<Variable> {
  const found = new Set<Variable>()
  for (const variable of variables)
    if (isTrainable(variable) || variable.inputs.some(input => found.has(input))) found.add(variable)
  return found
}

const isTrainable = ({operation}: Variable): boolean => operation.type === 'parameter' && operation.trainable

function matMulGradients({tape, operation, inputs, gradient}: Context<'matMul'>): readonly Variable[] {
  const {transposeA, transposeB} = operation
  const [a, b] = [given(inputs[0]), given(inputs[1])]
  const toA = transposeA
    ? tape.matMul(b, gradient, {transposeA: transposeB, transposeB: true})
    : tape.matMul(gradient, b, {transposeB: !transposeB})
  if (a.shape.length === b.shape.length) {
    const toB = transposeB
      ? tape.matMul(gradient, a, {transposeA: true, transposeB: transposeA})
      : tape.matMul(a, gradient, {transposeA: !transposeA})
    return [toA, toB]
  }
  // A shared second operand: all matrices of the first one are one long matrix.
  const [left, right] = [flat(tape, a), flat(tape, gradient)]
  return [toA, transposeB ? tape.matMul(right, left, {transposeA: true}) : tape.matMul(left, right, {transposeA: true})]
}

function flat(tape: Tape, x: Variable): Variable {
  return tape.reshape(x, [-1, Number(x.shape.at(-1))])
}

/** Ba, Kiros, Hinton, arXiv:1607.06450; the statistics are those that the forward pass computed. */
function layerNormGradients({tape, output, inputs, gradient}: Context<'layerNorm'>): readonly Variable[] {
  const [x, gain, bias] = [given(inputs[0]), given(inputs[1]), given(inputs[2])]
  const statistics = [...x.shape.slice(0, -1), 1]
  const mean = tape.record({type: 'part', index: 1}, [output], statistics)
  const inverse = tape.record({type: 'part', index: 2}, [output], statistics)
  const normed = tape.multiply(tape.subtract(x, mean), inverse)
  const inner = tape.multiply(gradient, gain)
  const along = tape.multiply(normed, tape.mean(tape.multiply(inner, normed), [-1], true))
  const centred = tape.subtract(tape.subtract(inner, tape.mean(inner, [-1], true)), along)
  return [
    tape.multiply(centred, inverse),
    sumTo(tape, tape.multiply(gradient, normed), gain),
    sumTo(tape, gradient, bias),
  ]
}

/** The gradient of an operand that was broadcast. */
function sumTo(tape: Tape, gradient: Variable, operand: Variable | undefined): Variable {
  const {leading, kept} = broadcastAxes(given(operand).shape, gradient.shape)
  const summed = kept.length === 0 ? gradient : tape.sum(gradient, kept, true)
  return leading === 0 ? summed : tape.sum(summed, axesUpTo(leading))
}

const axesUpTo = (count: number): number[] => Array.from({length: count}, (_, axis) => axis)

/** The gradient of a sum: the same for each of its terms. */
function expanded(
  tape: Tape,
  gradient: Variable,
  axes: readonly number[],
  keepAxes: boolean,
  whole: Variable,
): Variable {
  const shape = whole.shape.map((size, axis) => (axes.includes(axis) ? 1 : size))
  const placed = keepAxes ? gradient : tape.record({type: 'unsqueeze', axes}, [gradient], shape)
  return like(tape, 'expandLike', placed, whole)
}

function like(tape: Tape, type: 'reshapeLike' | 'expandLike', x: Variable, model: Variable): Variable {
  return tape.record({type}, [x, sizes(tape, model)], model.shape)
}

function sizes(tape: Tape, x: Variable): Variable {
  return tape.record({type: 'sizes'}, [x], [x.shape.length])
}

const scalar = (tape: Tape, value: number): Variable => tape.constant([value], [])
const scaled = (tape: Tape, x: Variable, factor: number): Variable => tape.multiply(x, scalar(tape, factor))
const negative = (tape: Tape, x: Variable): Variable => scaled(tape, x, -1)
const oneMinus = (tape: Tape, x: Variable): Variable => tape.subtract(scalar(tape, 1), x)

function given(variable: Variable | undefined): Variable {
  if (variable === undefined) throw new RangeError('An operand is missing.')
  return variable
}
