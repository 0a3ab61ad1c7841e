import {copyMessage} from './copy-message.js'
import type {Float16Options} from './float16.js'
import {halfAttributes} from './half-attributes.js'
import {HalfScope} from './half-scope.js'
import {halfTensor} from './half-tensor.js'
import {declaredType, halfInfo} from './half-types.js'
import {type ElementType, inferElementTypes} from './infer-element-types.js'
import {mapSubgraphs} from './map-graphs.js'
import type {Model, WeightSource} from './model.js'
import {TensorProto_DataType as DataType, type GraphProto, type NodeProto, type TensorProto} from './onnx-ml_pb.js'
import {definitionsOf} from './outer-values.js'
import {Scope} from './quantize/scope.js'
import {type NodeSelector, selectNodes} from './quantize/select-nodes.js'
import {modelGraphs, subgraphsOf} from './visit.js'

interface Settings {
  readonly keepIoTypes: NonNullable<Float16Options['keepIoTypes']>
  readonly blockedOpTypes: ReadonlySet<string>
  readonly blockedNodes: readonly string[]
  readonly unmatched: Float16Options['unmatched']
  readonly opset: number
}

/** Inputs that are float32 whatever the others are. */
const FLOAT_INPUTS: Readonly<Record<string, readonly number[]>> = {
  Resize: [2],
  GroupNorm: [1, 2],
  SkipGroupNorm: [1, 2],
}

export class HalfRewriter {
  readonly weights = new Map<string, WeightSource>()
  readonly #model: Model
  readonly #settings: Settings
  readonly #isNamed: NodeSelector
  readonly #names: Set<string>
  /** Initializers that some node reads as halves. */
  #halves: ReadonlySet<TensorProto> = new Set()

  constructor(model: Model, settings: Settings) {
    this.#model = model
    this.#settings = settings
    const opTypes = [...new Set([...modelGraphs(model.proto)].flatMap(({node}) => node.map(({opType}) => opType)))]
    const {blockedNodes} = settings
    const named = {include: blockedNodes, unmatched: settings.unmatched}
    this.#isNamed =
      blockedNodes.length === 0 ? () => false : selectNodes(model, named, {defaults: opTypes, all: opTypes})
    this.#names = new Set([...modelGraphs(model.proto)].flatMap(graph => [...definitionsOf(graph)]))
  }

  rewriteMain(graph: GraphProto): GraphProto {
    this.#halves = this.#halfInitializers(graph)
    return this.#rewrite(graph, undefined, []).graph
  }

  /** @param given types of what the graph is given, where it does not say them itself */
  #rewrite(graph: GraphProto, outer: HalfScope | undefined, given: readonly ElementType[]) {
    const scope = new HalfScope(outer, wanted => this.#unique(wanted))
    const isKept = (name: string) => outer === undefined && this.#isKept(name)
    for (const info of [...graph.valueInfo, ...graph.output]) scope.define(info.name, declaredType(info))
    const initializers = new Map(graph.initializer.map(tensor => [tensor.name, tensor]))
    for (const [index, info] of graph.input.entries()) {
      const {name} = info
      scope.define(name, declaredType(info) ?? given[index], isKept(name) ? {float: name} : {half: name})
    }
    for (const tensor of graph.initializer) {
      const {name, dataType} = tensor
      scope.define(name, dataType, this.#halves.has(tensor) ? {half: name} : {float: name})
    }
    const outputs = new Map(graph.output.map(({name}) => [name, isKept(name) ? ('float' as const) : ('half' as const)]))
    for (const node of graph.node) this.#add(node, scope, outputs)
    const copy = copyMessage(graph)
    copy.node = scope.nodes
    copy.initializer = graph.initializer.map(tensor => (this.#halves.has(tensor) ? this.#toHalf(tensor) : tensor))
    const isHalf = (name: string) => {
      const tensor = initializers.get(name)
      return tensor === undefined ? !isKept(name) : this.#halves.has(tensor)
    }
    copy.input = graph.input.map(info => (isHalf(info.name) ? halfInfo(info) : info))
    copy.output = graph.output.map(info => (isKept(info.name) ? info : halfInfo(info)))
    copy.valueInfo = graph.valueInfo.map(info => (scope.isHalf(info.name) ? halfInfo(info) : info))
    return {graph: copy, types: graph.output.map(info => declaredType(info) ?? scope.type(info.name))}
  }

  #add(node: NodeProto, scope: HalfScope, outputs: ReadonlyMap<string, 'half' | 'float'>): void {
    const inputs = node.input.map(name => (name === '' ? undefined : scope.type(name)))
    let inner: readonly ElementType[] | undefined
    const rewritten = mapSubgraphs(node, graph => {
      const {graph: changed, types} = this.#rewrite(graph, scope, inputs)
      inner ??= node.opType === 'Loop' ? types.slice(1) : types
      return changed
    })
    const types = inner ?? inferElementTypes(node, inputs)
    const isBlocked = this.#isBlocked(node)
    const changed = copyMessage(isBlocked ? rewritten : halfAttributes(rewritten, tensor => this.#toHalf(tensor)))
    changed.input = node.input.map((name, index) => {
      if (name === '') return name
      return this.#readsFloat(node, index) ? scope.float(name) : scope.half(name)
    })
    changed.output = [...node.output]
    scope.nodes.push(changed)
    for (const [index, name] of node.output.entries()) {
      const type = scope.type(name) ?? types[index]
      if (name === '') continue
      const made = isBlocked ? 'float' : 'half'
      const wanted = outputs.get(name) ?? made
      if (type !== DataType.FLOAT || wanted === made) {
        scope.define(name, type, {[made]: name})
        continue
      }
      const hidden = this.#unique(`${name}_${made === 'half' ? 'fp16' : 'fp32'}`)
      changed.output[index] = hidden
      scope.cast(hidden, name, wanted === 'half' ? DataType.FLOAT16 : DataType.FLOAT)
      scope.define(name, type, {[made]: hidden, [wanted]: name})
    }
  }

  #isKept(name: string): boolean {
    const {keepIoTypes} = this.#settings
    return typeof keepIoTypes === 'boolean' ? keepIoTypes : keepIoTypes.includes(name)
  }

  /** What has subgraphs is never float32 as a whole: the nodes inside are looked at one by one. */
  #isBlocked(node: NodeProto): boolean {
    if (!subgraphsOf(node).next().done) return false
    return this.#settings.blockedOpTypes.has(node.opType) || this.#isNamed(node)
  }

  #readsFloat(node: NodeProto, index: number): boolean {
    // Resize had no regions before opset 11, so that its scales stood one place before.
    const shift = node.opType === 'Resize' && this.#settings.opset <= 10 ? 1 : 0
    return this.#isBlocked(node) || (FLOAT_INPUTS[node.opType]?.includes(index + shift) ?? false)
  }

  /** To keep their precision, initializers that only float32 nodes read stay. */
  #halfInitializers(main: GraphProto): Set<TensorProto> {
    const halves = new Set<TensorProto>()
    const read = (name: string, scope: Scope) => {
      const tensor = scope.find(name)?.tensor
      if (tensor?.dataType === DataType.FLOAT) halves.add(tensor)
    }
    const visit = (graph: GraphProto, outer: Scope | undefined) => {
      const scope = new Scope(graph, outer)
      for (const node of graph.node) {
        for (const [index, name] of node.input.entries()) if (!this.#readsFloat(node, index)) read(name, scope)
        for (const inner of subgraphsOf(node)) visit(inner, scope)
      }
      for (const {name} of graph.output) if (outer !== undefined || !this.#isKept(name)) read(name, scope)
    }
    visit(main, undefined)
    const kept = new Set(main.output.map(({name}) => name).filter(name => this.#isKept(name)))
    for (const tensor of main.initializer) if (kept.has(tensor.name)) halves.delete(tensor)
    return halves
  }

  #toHalf(tensor: TensorProto): TensorProto {
    return halfTensor(tensor, this.#model.weights, this.weights)
  }

  #unique(wanted: string): string {
    let name = wanted
    for (let count = 1; this.#names.has(name); count++) name = `${wanted}_${count}`
    this.#names.add(name)
    return name
  }
}
