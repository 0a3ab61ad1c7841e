import type {MatMulOptions, NewShape, Ops, ParameterOptions} from './ops.js'
import {broadcast, elementsOf, positiveAxis, type Shape, type Size} from './shape.js'
import type {Elementwise, Operation, Variable} from './variable.js'

/** The masks that dropout of a rate reads, and where each of its sites begins to. */
export const maskPool = (rate: number): string => `masks ${rate}`
export const MASK_OFFSETS = 'mask_offsets'

/** Writes down what a model does, to be differentiated and made a graph of. Nothing is computed here. */
export class Tape implements Ops<Variable> {
  readonly #variables: Variable[] = []
  readonly #named = new Map<string, Variable>()
  readonly #training: boolean
  #sites = 0

  /** @param options.training whether dropout drops */
  constructor({training = true}: {readonly training?: boolean} = {}) {
    this.#training = training
  }

  /** How often dropout stands on the tape. */
  get sites(): number {
    return this.#sites
  }

  /** All variables, each after its inputs. */
  get variables(): readonly Variable[] {
    return this.#variables
  }

  parameter(name: string, shape: readonly number[], {trainable = true}: ParameterOptions = {}): Variable {
    return this.#once({type: 'parameter', name, trainable}, shape)
  }

  input(name: string, shape: Shape, element: 'float32' | 'int64' = 'float32'): Variable {
    return this.#once({type: 'input', name, element}, shape)
  }

  constant(values: Float32Array | readonly number[], shape: readonly number[]): Variable {
    if (values.length !== elementsOf(shape))
      throw new RangeError(`[${shape.join(', ')}] has not ${values.length} values.`)
    return this.record({type: 'constant', values: Float32Array.from(values)}, [], shape)
  }

  shapeOf({shape}: Variable): Shape {
    return shape
  }

  add = (a: Variable, b: Variable) => this.#binary('add', a, b)
  subtract = (a: Variable, b: Variable) => this.#binary('subtract', a, b)
  multiply = (a: Variable, b: Variable) => this.#binary('multiply', a, b)
  divide = (a: Variable, b: Variable) => this.#binary('divide', a, b)
  exp = (x: Variable) => this.record({type: 'exp'}, [x], x.shape)
  log = (x: Variable) => this.record({type: 'log'}, [x], x.shape)
  sqrt = (x: Variable) => this.record({type: 'sqrt'}, [x], x.shape)
  erf = (x: Variable) => this.record({type: 'erf'}, [x], x.shape)
  tanh = (x: Variable) => this.record({type: 'tanh'}, [x], x.shape)
  sigmoid = (x: Variable) => this.record({type: 'sigmoid'}, [x], x.shape)
  relu = (x: Variable) => this.record({type: 'relu'}, [x], x.shape)
  silu = (x: Variable) => this.record({type: 'silu'}, [x, this.sigmoid(x)], x.shape)
  softmax = (x: Variable) => this.record({type: 'softmax'}, [x], x.shape)
  logSoftmax = (x: Variable) => this.record({type: 'logSoftmax'}, [x], x.shape)

  matMul(a: Variable, b: Variable, {transposeA = false, transposeB = false}: MatMulOptions = {}): Variable {
    const [rows, depth] = lastTwo(a.shape, transposeA)
    const [otherDepth, columns] = lastTwo(b.shape, transposeB)
    const batch = a.shape.slice(0, -2)
    const shared = b.shape.length === 2 || b.shape.slice(0, -2).join() === batch.join()
    if (depth !== otherDepth || !shared || (transposeA && b.shape.length !== a.shape.length))
      throw new RangeError(`[${a.shape.join(', ')}] and [${b.shape.join(', ')}] cannot be multiplied.`)
    return this.record({type: 'matMul', transposeA, transposeB}, [a, b], [...batch, rows, columns])
  }

  reshape(x: Variable, wanted: NewShape): Variable {
    return this.record({type: 'reshape', shape: wanted}, [x], reshaped(x.shape, wanted))
  }

  transpose(x: Variable, axes: readonly number[]): Variable {
    return this.record(
      {type: 'transpose', axes},
      [x],
      axes.map(axis => sizeAt(x.shape, axis)),
    )
  }

  slice(x: Variable, axis: number, start: number, end: number): Variable {
    const at = positiveAxis(axis, x.shape.length)
    const size = sizeAt(x.shape, at)
    const cut = typeof size === 'number' ? (end > 0 ? end : size + end) - start : shifted(size, end - start)
    if (typeof size === 'string' && end > 0)
      throw new RangeError('The end of a slice of unknown size counts from its end.')
    if (typeof cut === 'number' && !(cut > 0))
      throw new RangeError(`A slice from ${start} to ${end} of ${size} is empty.`)
    return this.record({type: 'slice', axis: at, start, end}, [x], x.shape.with(at, cut))
  }

  pad(x: Variable, axis: number, before: number, after: number): Variable {
    const at = positiveAxis(axis, x.shape.length)
    const size = sizeAt(x.shape, at)
    const padded = typeof size === 'number' ? size + before + after : shifted(size, before + after)
    return this.record({type: 'pad', axis: at, before, after}, [x], x.shape.with(at, padded))
  }

  concatenate(parts: readonly Variable[], axis: number): Variable {
    const [first] = parts
    if (first === undefined) throw new RangeError('There is nothing to concatenate.')
    const at = positiveAxis(axis, first.shape.length)
    const total = parts.reduce((sum, {shape}) => sum + numberAt(shape, at), 0)
    return this.record({type: 'concatenate', axis: at}, parts, first.shape.with(at, total))
  }

  sum(x: Variable, axes: readonly number[], keepAxes = false): Variable {
    return this.#reduce('sum', x, axes, keepAxes)
  }

  mean(x: Variable, axes: readonly number[], keepAxes = false): Variable {
    return this.#reduce('mean', x, axes, keepAxes)
  }

  layerNorm(x: Variable, gain: Variable, bias: Variable, epsilon: number): Variable {
    return this.record({type: 'layerNorm', epsilon}, [x, gain, bias], x.shape)
  }

  depthwiseConvolution(x: Variable, weight: Variable): Variable {
    const [kernel, channels] = weight.shape
    if (x.shape.length !== 3 || sizeAt(x.shape, 2) !== channels || Number(kernel) % 2 !== 1)
      throw new RangeError(`[${x.shape.join(', ')}] cannot be convolved with [${weight.shape.join(', ')}].`)
    return this.record({type: 'depthwise', turned: false}, [x, weight], x.shape)
  }

  gather(table: Variable, ids: Variable): Variable {
    return this.record({type: 'gather'}, [table, ids], [...ids.shape, sizeAt(table.shape, 1)])
  }

  pick(x: Variable, ids: Variable): Variable {
    return this.record({type: 'pick'}, [x, ids], ids.shape)
  }

  dropout(x: Variable, rate: number): Variable {
    if (!this.#training || rate === 0) return x
    const pool = this.input(maskPool(rate), [maskPool(rate)])
    const offsets = this.input(MASK_OFFSETS, ['sites'], 'int64')
    const site = this.#sites++
    return this.multiply(x, this.record({type: 'dropoutMask', rate, site}, [x, pool, offsets], x.shape))
  }

  /** For gradients: operations that no model is written in. */
  record(operation: Operation, inputs: readonly Variable[], shape: Shape): Variable {
    const variable: Variable = {id: this.#variables.length, operation, inputs, shape}
    this.#variables.push(variable)
    return variable
  }

  #once(operation: Extract<Operation, {readonly name: string}>, shape: Shape): Variable {
    const known = this.#named.get(operation.name)
    if (known === undefined) {
      const made = this.record(operation, [], shape)
      this.#named.set(operation.name, made)
      return made
    }
    if (known.operation.type !== operation.type || known.shape.join() !== shape.join())
      throw new RangeError(`${operation.name} is [${known.shape.join(', ')}] already.`)
    return known
  }

  #binary(type: Elementwise, a: Variable, b: Variable): Variable {
    return this.record({type}, [a, b], broadcast(a.shape, b.shape))
  }

  #reduce(type: 'sum' | 'mean', x: Variable, axes: readonly number[], keepAxes: boolean): Variable {
    const at = axes.map(axis => positiveAxis(axis, x.shape.length))
    const shape = x.shape.flatMap((size, axis) => (at.includes(axis) ? (keepAxes ? [1] : []) : [size]))
    return this.record({type, axes: at, keepAxes}, [x], shape)
  }
}

function lastTwo(shape: Shape, transposed: boolean): readonly [Size, Size] {
  const [rows, columns] = [sizeAt(shape, shape.length - 2), sizeAt(shape, shape.length - 1)]
  return transposed ? [columns, rows] : [rows, columns]
}

function sizeAt(shape: Shape, axis: number): Size {
  const size = shape[axis]
  if (size === undefined) throw new RangeError(`[${shape.join(', ')}] has no axis ${axis}.`)
  return size
}

function numberAt(shape: Shape, axis: number): number {
  const size = sizeAt(shape, axis)
  if (typeof size === 'string') throw new RangeError(`The size ${size} must be known.`)
  return size
}

/** `time` and 2: `time+2`; back again with −2. */
function shifted(size: string, by: number): string {
  const [, name = size, offset = '0'] = /^(.*?)([+-]\d+)?$/.exec(size) ?? []
  const sum = Number(offset) + by
  return sum === 0 ? name : `${name}${sum > 0 ? '+' : ''}${sum}`
}

/** The shape that {@link Ops.reshape} makes; what is unknown and new gets a name of what it was made from. */
function reshaped(shape: Shape, wanted: NewShape): Shape {
  const kept = wanted.map((size, index) => (size === 0 ? sizeAt(shape, index) : size))
  const free = kept.indexOf(-1)
  const known = (sizes: Shape) =>
    sizes.filter(size => typeof size === 'number').reduce((product, size) => product * size, 1)
  const names = (sizes: Shape) => sizes.filter(size => typeof size === 'string')
  const others = kept.filter((_, index) => index !== free)
  const rest = names(others).reduce((left, name) => without(left, name), names(shape))
  const ratio = known(shape) / known(others)
  if (free === -1) {
    if (ratio !== 1 || rest.length > 0) throw new RangeError(`[${shape.join(', ')}] is no [${wanted.join(', ')}].`)
    return kept
  }
  return kept.with(free, rest.length === 0 ? ratio : multiplied(rest.join('*'), ratio))
}

/** `time` and 0.5: `time*0.5`; again: `time*0.25`. */
function multiplied(size: string, by: number): string {
  const [, name = size, factor = '1'] = /^(.*?)(?:\*(\d[\d.]*))?$/.exec(size) ?? []
  const product = Number(factor) * by
  return product === 1 ? name : `${name}*${product}`
}

function without(names: readonly string[], name: string): string[] {
  const at = names.indexOf(name)
  if (at < 0) throw new RangeError(`There is no size ${name} to keep.`)
  return names.filter((_, index) => index !== at)
}
