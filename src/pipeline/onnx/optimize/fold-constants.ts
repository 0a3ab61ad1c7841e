import {copyMessage} from '../copy-message.js'
import {byteLengthOf} from '../element-types.js'
import {inferShapes} from '../infer-shapes.js'
import {mapSubgraphs, withGraph} from '../map-graphs.js'
import type {Model, WeightSource} from '../model.js'
import type {GraphProto, TensorProto} from '../onnx-ml_pb.js'
import {removeUnused} from '../remove-unused.js'
import {renameReads} from '../rename-reads.js'
import {storedBytes} from '../stored-bytes.js'
import {elementCount} from '../tensor-values.js'
import {uniqueNames} from '../unique-names.js'
import {
  type Constant,
  type ConstantExpressions,
  type Expression,
  findConstantExpressions,
} from './constant-expressions.js'
import {evaluateExpressions, type Wanted} from './evaluate-expressions.js'
import {transposedWeight} from './transposed-weight.js'

export interface FoldOptions {
  /**
   * Results that take more space than the constants that they replace may take so much together. Default: a hundredth of
   * the weights, at least 64 KiB.
   */
  readonly growthBytes?: number | undefined
  readonly signal?: AbortSignal | undefined
}

const LEAST_GROWTH_BYTES = 1 << 16
const GROWTH = 0.01
/** A shape that becomes constant makes others so. */
const MOST_ROUNDS = 8

/**
 * Computes what does not depend on the inputs, once and for all: Constant nodes become initializers, expressions over
 * constants their values, sizes that are known numbers. Results are initializers of the main graph, so that branches share
 * them. A result that would only add to the size (a transposed copy of an embedding that is read as it is, too) is left to
 * be computed, beyond a small budget.
 */
export async function foldConstants(model: Model, options: FoldOptions = {}): Promise<Model> {
  let budget = options.growthBytes ?? Math.max(LEAST_GROWTH_BYTES, GROWTH * storedBytes(model))
  let current = model
  for (let round = 0; round < MOST_ROUNDS; round++) {
    options.signal?.throwIfAborted()
    const found = findConstantExpressions(current, await inferShapes(current))
    const values = await evaluate(current, found, budget)
    budget = values.budget
    const next = replaceValues(current, found, values)
    if (next === current) break
    current = removeUnused(next)
  }
  return current
}

interface Values {
  /** By the key of the constant. */
  readonly tensors: ReadonlyMap<string, TensorProto>
  readonly weights: ReadonlyMap<string, WeightSource>
  readonly budget: number
}

/** Operators whose output can be far larger than their inputs: computed only where its size is known before. */
const GENERATORS = new Set([
  ...['ConstantOfShape', 'Expand', 'Tile', 'Range', 'Pad', 'Resize', 'Upsample', 'EyeLike', 'OneHot', 'GatherND'],
])
/** Together, small ones are evaluated in one go. */
const BATCH_BYTES = 1 << 22
/** A model in memory has to be smaller than 2 GiB. */
const LARGEST_BYTES = 1_500_000_000

async function evaluate(model: Model, found: ConstantExpressions, growth: number): Promise<Values> {
  const tensors = new Map<string, TensorProto>()
  const weights = new Map<string, WeightSource>()
  const users = usersOf(found)
  let budget = growth
  const accept = (key: string, tensor: TensorProto, {freed}: Cone) => {
    const bytes = byteLengthOf(tensor.dataType, elementCount(tensor)) ?? Number.POSITIVE_INFINITY
    const grown = Math.max(0, bytes - freed)
    if (grown > budget) return
    budget -= grown
    tensors.set(key, tensor)
  }
  let batch: {readonly wanted: Wanted; readonly key: string; readonly cone: Cone}[] = []
  const flush = async () => {
    const results = await evaluateExpressions(
      model,
      batch.map(({wanted}) => wanted),
    )
    for (const [index, {key, cone}] of batch.entries()) {
      const result = results[index]
      if (result !== undefined) accept(key, result, cone)
    }
    batch = []
  }
  for (const [id, expression] of found.expressions)
    for (const output of expression.needed) {
      const key = `${id}.${output}`
      const cone = coneOf(expression, found, users)
      if (!cone.isBounded || cone.bytes > LARGEST_BYTES || cone.bytes - cone.freed > Math.max(budget, BATCH_BYTES))
        continue
      const lazy = transposedWeight(model, expression, `folded:${key}`)
      if (lazy !== undefined) {
        accept(key, lazy.tensor, cone)
        if (tensors.has(key)) weights.set(lazy.key, lazy.source)
        continue
      }
      batch.push({wanted: {expression, output}, key, cone})
      if (batch.reduce((sum, one) => sum + one.cone.bytes, 0) > BATCH_BYTES) await flush()
    }
  if (batch.length > 0) await flush()
  return {tensors, weights, budget}
}

/** What an expression is made of. */
interface Cone {
  /** Of the constants. */
  readonly bytes: number
  /** Of those that nothing else reads. */
  readonly freed: number
  /** Whether the sizes of all results are known, or no larger than those of the constants. */
  readonly isBounded: boolean
}

/** The expressions that read each constant tensor, by its key. */
function usersOf({expressions}: ConstantExpressions): Map<string, Set<Expression>> {
  const users = new Map<string, Set<Expression>>()
  for (const expression of expressions.values())
    for (const input of expression.inputs) {
      if (input === undefined || !('tensor' in input)) continue
      users.set(input.key, (users.get(input.key) ?? new Set()).add(expression))
    }
  return users
}

function coneOf(top: Expression, found: ConstantExpressions, users: ReadonlyMap<string, Set<Expression>>): Cone {
  const seen = new Set<Expression>()
  const tensors = new Map<string, TensorProto>()
  let isBounded = true
  const visit = (expression: Expression) => {
    if (seen.has(expression)) return
    seen.add(expression)
    if (GENERATORS.has(expression.node.opType) && !expression.shapes.every(isSmall)) isBounded = false
    for (const input of expression.inputs) {
      if (input === undefined) continue
      if ('tensor' in input) tensors.set(input.key, input.tensor)
      else visit(input.expression)
    }
  }
  visit(top)
  let [bytes, freed] = [0, 0]
  for (const [key, tensor] of tensors) {
    const size = byteLengthOf(tensor.dataType, elementCount(tensor)) ?? 0
    bytes += size
    const isOwn = !found.otherReaders.has(key) && [...(users.get(key) ?? [])].every(user => seen.has(user))
    if (isOwn) freed += size
  }
  return {bytes, freed, isBounded}
}

const isSmall = (shape: Expression['shapes'][number]): boolean => {
  const sizes = shape?.dims
  if (sizes === undefined) return false
  return (
    sizes.reduce<number>(
      (product, size) => product * (typeof size === 'number' ? size : Number.POSITIVE_INFINITY),
      8,
    ) <= BATCH_BYTES
  )
}

/** Lets everything read the values. A value that leaves its graph stays a node’s. */
function replaceValues(model: Model, {constants}: ConstantExpressions, {tensors, weights}: Values): Model {
  const {graph: main} = model.proto
  if (main === undefined) return model
  const unique = uniqueNames(model.proto)
  const added = new Map<string, TensorProto>()
  const nameOf = (constant: Constant): string | undefined => {
    const tensor = 'tensor' in constant ? constant.tensor : tensors.get(constant.key)
    if (tensor === undefined) return undefined
    const made = added.get(constant.key) ?? Object.assign(copyMessage(tensor), {name: unique(stem(constant, tensor))})
    added.set(constant.key, made)
    return made.name
  }
  const rewrite = (graph: GraphProto): GraphProto => {
    const own = constants.get(graph) ?? new Map<string, Constant>()
    const fixed = new Set([...graph.output, ...graph.initializer].map(({name}) => name))
    const aliases = new Map<string, string>()
    const node = graph.node.flatMap(original => {
      const names = original.output.map(name => {
        const constant = fixed.has(name) ? undefined : own.get(name)
        return constant === undefined ? undefined : nameOf(constant)
      })
      const isReplaced =
        names.length > 0 && names.every((name, index) => name !== undefined || original.output[index] === '')
      if (isReplaced) {
        for (const [index, name] of names.entries()) aliases.set(original.output[index] ?? '', name ?? '')
        return []
      }
      return [renameReads(mapSubgraphs(original, rewrite), aliases)]
    })
    const isSame = node.length === graph.node.length && node.every((one, index) => one === graph.node[index])
    return isSame ? graph : Object.assign(copyMessage(graph), {node})
  }
  const rewritten = rewrite(main)
  if (rewritten === main) return model
  const graph = Object.assign(copyMessage(rewritten), {initializer: [...rewritten.initializer, ...added.values()]})
  return {proto: withGraph(model.proto, graph), weights: new Map([...model.weights, ...weights])}
}

function stem(constant: Constant, {name}: TensorProto): string {
  if ('tensor' in constant) return name === '' ? 'constant' : name
  return constant.expression.node.output[constant.output] || 'folded'
}
