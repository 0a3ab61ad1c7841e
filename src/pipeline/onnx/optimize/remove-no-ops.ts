import {copyMessage} from '../copy-message.js'
import {declaredType} from '../half-types.js'
import {type ElementType, inferElementTypes} from '../infer-element-types.js'
import {mapSubgraphs, withGraph} from '../map-graphs.js'
import type {Model} from '../model.js'
import {integerAttribute, makeNode} from '../nodes.js'
import {TensorProto_DataType as DataType, type GraphProto, type NodeProto, type TensorProto} from '../onnx-ml_pb.js'
import {removeUnused} from '../remove-unused.js'
import {renameReads} from '../rename-reads.js'
import {subgraphsOf} from '../visit.js'
import {smallIntegers} from './small-integers.js'

/**
 * Takes out nodes that change nothing, in all graphs: Identity, Cast to the same type (or to a wider one and back),
 * Transpose and Reshape of the same, Squeeze after Unsqueeze, Dropout outside training, joins of one. Outputs keep their
 * names.
 */
export function removeNoOps(model: Model): Model {
  const {graph} = model.proto
  if (graph === undefined) return model
  return removeUnused({...model, proto: withGraph(model.proto, simplify(graph, undefined))})
}

function simplify(graph: GraphProto, outer: Known | undefined): GraphProto {
  const known = new Known(graph, outer)
  const aliases = new Map<string, string>()
  const renamed = new Map<string, string>()
  const outputs = new Set(graph.output.map(({name}) => name))
  const nodes: NodeProto[] = []
  for (const original of graph.node) {
    const node = renameReads(original, aliases)
    const better = known.simplify(node)
    const [output = ''] = node.output
    if (typeof better === 'string') {
      if (!outputs.has(output)) {
        aliases.set(output, better)
        continue
      }
      if (known.isMade(better) && !outputs.has(better) && !renamed.has(better)) {
        renamed.set(better, output)
        aliases.set(output, better)
        continue
      }
    }
    const kept = typeof better === 'object' ? better : node
    const inner = mapSubgraphs(kept, below => simplify(below, known))
    nodes.push(inner)
    known.add(inner)
  }
  const copy = copyMessage(graph)
  copy.node = nodes.map(node => renameOutputs(renameReads(node, renamed), renamed))
  // What was said of a value that now has the name of an output is said by the output.
  copy.valueInfo = graph.valueInfo.filter(({name}) => !renamed.has(name))
  return nodes.length === graph.node.length && copy.node.every((node, index) => node === graph.node[index])
    ? graph
    : copy
}

function renameOutputs(node: NodeProto, names: ReadonlyMap<string, string>): NodeProto {
  if (!node.output.some(name => names.has(name))) return node
  return Object.assign(copyMessage(node), {output: node.output.map(name => names.get(name) ?? name)})
}

/** What is known of the values of a graph so far. */
class Known {
  readonly #types = new Map<string, ElementType>()
  readonly #makers = new Map<string, NodeProto>()
  readonly #constants = new Map<string, TensorProto>()
  readonly #read: ReadonlySet<string>
  readonly #outer: Known | undefined

  constructor(graph: GraphProto, outer: Known | undefined) {
    this.#outer = outer
    for (const info of [...graph.input, ...graph.valueInfo, ...graph.output]) {
      const type = declaredType(info)
      if (type !== undefined) this.#types.set(info.name, type)
    }
    const inputs = new Set(graph.input.map(({name}) => name))
    for (const tensor of graph.initializer) {
      this.#types.set(tensor.name, tensor.dataType)
      if (!inputs.has(tensor.name)) this.#constants.set(tensor.name, tensor)
    }
    this.#read = new Set(readNames(graph))
  }

  add(node: NodeProto): void {
    const isPlain = subgraphsOf(node).next().done === true
    const types = isPlain
      ? inferElementTypes(
          node,
          node.input.map(name => this.typeOf(name)),
        )
      : []
    for (const [index, name] of node.output.entries()) {
      this.#makers.set(name, node)
      if (!this.#types.has(name)) this.#types.set(name, types[index])
    }
    const tensor = node.opType === 'Constant' ? node.attribute.find(({t}) => t !== undefined)?.t : undefined
    if (tensor !== undefined) this.#constants.set(node.output[0] ?? '', tensor)
  }

  /** Whether a node of this very graph makes the value. */
  isMade(name: string): boolean {
    return this.#makers.has(name)
  }

  /** The value that a node’s output is the same as, or a simpler node; undefined where there is none. */
  simplify(node: NodeProto): string | NodeProto | undefined {
    const [x = ''] = node.input
    const isPlain = node.domain === '' || node.domain === 'ai.onnx'
    if (!isPlain || x === '') return undefined
    switch (node.opType) {
      case 'Identity':
        return x
      case 'Dropout':
        return this.#isInference(node) ? x : undefined
      case 'Concat':
      case 'Sum':
      case 'Max':
      case 'Min':
      case 'Mean':
        return node.input.length === 1 ? x : undefined
      case 'Cast':
        return this.#cast(node, x)
      case 'Transpose':
        return this.#transpose(node, x)
      case 'Reshape':
        return this.#reshape(node, x)
      case 'Squeeze':
        return this.#squeeze(node, x)
      default:
        return undefined
    }
  }

  #isInference({input, output}: NodeProto): boolean {
    return (input[2] ?? '') === '' && !this.#read.has(output[1] ?? '\0')
  }

  #cast(node: NodeProto, x: string): string | undefined {
    const to = integerAttribute(node, 'to', 0)
    if (to !== 0 && this.typeOf(x) === to) return x
    const before = this.makerOf(x)
    const source = before?.input[0] ?? ''
    const type = this.typeOf(source)
    if (before?.opType !== 'Cast' || type !== to) return undefined
    return WIDER.get(to) === integerAttribute(before, 'to', 0) ? source : undefined
  }

  #transpose(node: NodeProto, x: string): string | NodeProto | undefined {
    const perm = permutation(node)
    if (perm === undefined) return undefined
    if (isSorted(perm)) return x
    const before = this.makerOf(x)
    const first = before?.opType === 'Transpose' ? permutation(before) : undefined
    if (before === undefined || first === undefined || first.length !== perm.length) return undefined
    const both = perm.map(axis => first[axis] ?? 0)
    const [source = ''] = before.input
    if (isSorted(both)) return source
    return makeNode('Transpose', [source], node.output, {name: node.name, attributes: {perm: both}})
  }

  /** What it was before counts only where the new shape takes sizes from there. */
  #reshape(node: NodeProto, x: string): NodeProto | undefined {
    const before = this.makerOf(x)
    if (before?.opType !== 'Reshape') return undefined
    const shape = this.#integers(node.input[1])
    const takesZero = integerAttribute(node, 'allowzero', 0) === 1
    if (shape === undefined || shape.length === 0 || (shape.includes(0) && !takesZero)) return undefined
    return Object.assign(copyMessage(node), {input: [before.input[0] ?? '', ...node.input.slice(1)]})
  }

  #squeeze(node: NodeProto, x: string): string | undefined {
    const before = this.makerOf(x)
    if (before?.opType !== 'Unsqueeze') return undefined
    const axes = this.#integers(node.input[1])
    const added = this.#integers(before.input[1])
    return axes !== undefined && added !== undefined && axes.join() === added.join() && axes.every(axis => axis >= 0)
      ? before.input[0]
      : undefined
  }

  #integers(name: string | undefined): number[] | undefined {
    const tensor = name === undefined ? undefined : this.constantNamed(name)
    return tensor === undefined ? undefined : smallIntegers(tensor)
  }

  typeOf(name: string): ElementType {
    return this.#types.has(name) ? this.#types.get(name) : this.#outer?.typeOf(name)
  }

  makerOf(name: string): NodeProto | undefined {
    return this.#makers.get(name) ?? this.#outer?.makerOf(name)
  }

  constantNamed(name: string): TensorProto | undefined {
    return this.#constants.get(name) ?? this.#outer?.constantNamed(name)
  }
}

/** Types that hold all values of another exactly. */
const WIDER: ReadonlyMap<number, number> = new Map([
  [DataType.FLOAT16, DataType.FLOAT],
  [DataType.BFLOAT16, DataType.FLOAT],
  [DataType.INT32, DataType.INT64],
  [DataType.FLOAT, DataType.DOUBLE],
])

const permutation = ({attribute}: NodeProto) => attribute.find(({name}) => name === 'perm')?.ints.map(Number)
const isSorted = (perm: readonly number[]) => perm.every((axis, index) => axis === index)

function* readNames(graph: GraphProto): Generator<string> {
  for (const {name} of graph.output) yield name
  for (const node of graph.node) {
    yield* node.input
    for (const inner of subgraphsOf(node)) yield* readNames(inner)
  }
}
