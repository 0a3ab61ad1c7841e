import {create} from '@bufbuild/protobuf'
import {copyMessage} from '../copy-message.js'
import {byteLengthOf} from '../element-types.js'
import {toAttribute} from '../graph-builder.js'
import {mapSubgraphs, withGraph} from '../map-graphs.js'
import {type Model, pointTo, type WeightSource} from '../model.js'
import {makeNode} from '../nodes.js'
import {
  type GraphProto,
  TensorProto_DataLocation as Location,
  type NodeProto,
  type TensorProto,
  type TensorShapeProto_Dimension,
  TensorShapeProto_DimensionSchema,
  type ValueInfoProto,
} from '../onnx-ml_pb.js'
import {definitionsOf} from '../outer-values.js'
import {removeUnused} from '../remove-unused.js'
import {int64Tensor} from '../tensor.js'
import {shapeOf} from '../tensor-values.js'
import {modelGraphs} from '../visit.js'
import type {ChannelGroup, Edit, Placement} from './channels.js'
import {sourceOf} from './float-pieces.js'
import {entryFromEnd, partFromEnd} from './reshape-rule.js'
import {takeAlong} from './take-along.js'

/** Where channels stand in a value, and which of them stay. */
interface Cut extends Placement {
  readonly kept: readonly number[]
  readonly group: ChannelGroup
}

/**
 * A model without the channels that are not among the kept ones: smaller weights, biases and caches, and nodes that say
 * the new numbers. Its outputs are those of the model with zeros in place of what the removed channels gave.
 */
export async function removeChannels(model: Model, kept: ReadonlyMap<ChannelGroup, readonly number[]>): Promise<Model> {
  const {graph} = model.proto
  if (graph === undefined) return model
  const remover = new Remover(model, kept)
  await remover.prepare()
  const proto = withGraph(model.proto, remover.rewrite(graph))
  return removeUnused({proto, weights: new Map([...model.weights, ...remover.weights])})
}

class Remover {
  readonly weights = new Map<string, WeightSource>()
  readonly #model: Model
  readonly #cuts = new Map<GraphProto, Map<string, Cut>>()
  readonly #tensors = new Map<TensorProto, TensorProto>()
  readonly #edits = new Map<NodeProto, {readonly edit: Edit; readonly group: ChannelGroup; readonly kept: number}>()
  readonly #names: Set<string>
  readonly #added: TensorProto[] = []

  constructor(model: Model, kept: ReadonlyMap<ChannelGroup, readonly number[]>) {
    this.#model = model
    this.#names = new Set([...modelGraphs(model.proto)].flatMap(graph => [...definitionsOf(graph)]))
    for (const [group, channels] of kept) {
      if (channels.length === group.channels) continue
      for (const [{graph, name}, placement] of group.placements) {
        const cuts = this.#cuts.get(graph) ?? new Map<string, Cut>()
        this.#cuts.set(graph, cuts.set(name, {...placement, kept: channels, group}))
      }
      for (const edit of group.edits) this.#edits.set(edit.operation.node, {edit, group, kept: channels.length})
    }
  }

  /** Makes the smaller tensors. */
  async prepare(): Promise<void> {
    for (const {group} of new Set([...this.#cuts.values()].flatMap(cuts => [...cuts.values()])))
      for (const {name, graph, tensor} of group.placements.keys()) {
        const cut = this.#cuts.get(graph)?.get(name)
        if (tensor !== undefined && cut !== undefined && !this.#tensors.has(tensor))
          this.#tensors.set(tensor, await this.#shrink(tensor, cut))
      }
  }

  async #shrink(tensor: TensorProto, {fromEnd, flat, segments, kept, group}: Cut): Promise<TensorProto> {
    const shape = shapeOf(tensor)
    const axis = shape.length - fromEnd
    const unit = flat ? group.unit : 1
    const indices: number[] = []
    for (let segment = 0; segment < (flat ? segments : 1); segment++)
      for (const channel of kept)
        for (let place = 0; place < unit; place++) indices.push((segment * group.channels + channel) * unit + place)
    const element = byteLengthOf(tensor.dataType, 1) ?? 0
    const source = takeAlong(await sourceOf(this.#model, tensor), shape, axis, indices, element)
    const copy = copyMessage(tensor)
    copy.dims = shape.map((size, index) => BigInt(index === axis ? indices.length : size))
    if (tensor.dataLocation === Location.EXTERNAL) {
      const key = this.#unique(`kept:${tensor.name}`)
      this.weights.set(key, source)
      pointTo(copy, key)
    } else {
      copy.rawData = await source.read(0, source.byteLength)
      copy.floatData = []
      copy.int32Data = []
      copy.int64Data = []
    }
    return copy
  }

  rewrite(graph: GraphProto): GraphProto {
    const cuts = this.#cuts.get(graph) ?? new Map<string, Cut>()
    const copy = copyMessage(graph)
    copy.initializer = graph.initializer.map(tensor => this.#tensors.get(tensor) ?? tensor)
    copy.node = graph.node.flatMap(node =>
      this.#rewriteNode(
        mapSubgraphs(node, inner => this.rewrite(inner)),
        node,
      ),
    )
    // Shapes in the middle may depend on the removed channels in more ways than one: ONNX Runtime infers them anew.
    copy.valueInfo = graph.valueInfo.filter(({name}) => !cuts.has(name))
    copy.input = graph.input.map(info => smaller(info, cuts.get(info.name)))
    copy.output = graph.output.map(info => smaller(info, cuts.get(info.name)))
    if (graph === this.#model.proto.graph) copy.initializer.push(...this.#added)
    return copy
  }

  #rewriteNode(node: NodeProto, original: NodeProto): NodeProto[] {
    const edited = this.#edits.get(original)
    if (edited?.edit.type === 'heads') {
      const copy = copyMessage(node)
      const heads = toAttribute('num_heads', edited.kept)
      copy.attribute = node.attribute.map(one => (one.name === 'num_heads' ? heads : one))
      return [copy]
    }
    if (edited?.edit.type === 'split') {
      const sizes = node.output.map(() => edited.kept * edited.group.unit)
      return [Object.assign(copyMessage(node), {input: [node.input[0] ?? '', this.#constant(sizes)]})]
    }
    if (edited !== undefined)
      return this.#reshape(node, edited.edit, edited.kept * (edited.edit.flat ? edited.group.unit : 1))
    if (node.opType !== 'Constant') return [node]
    const attribute = node.attribute.map(one => {
      const tensor = one.t === undefined ? undefined : this.#tensors.get(one.t)
      return tensor === undefined ? one : Object.assign(copyMessage(one), {t: tensor})
    })
    return [Object.assign(copyMessage(node), {attribute})]
  }

  /** A shape may serve several nodes, so that each gets one of its own. */
  #reshape(node: NodeProto, {operation, fromEnd}: Extract<Edit, {type: 'shape'}>, size: number): NodeProto[] {
    const shape = operation.inputs[1]
    const copy = copyMessage(node)
    if (shape?.tensor !== undefined) {
      const rank = Number(shape.tensor.dims[0] ?? 0)
      const entries = Array.from({length: rank}, (_, index) =>
        rank - index === fromEnd ? size : (entryFromEnd(shape, rank - index) ?? 0),
      )
      copy.input = [node.input[0] ?? '', this.#constant(entries), ...node.input.slice(2)]
      return [copy]
    }
    const part = shape === undefined ? undefined : partFromEnd(shape, fromEnd)
    const maker = shape?.maker?.node
    if (part === undefined || maker === undefined) throw new RangeError(`${node.name}: its shape has no such entry`)
    const made = this.#unique(`${node.input[1]}_pruned`)
    const inputs = maker.input.map((name, index) =>
      maker.input.length - index === fromEnd ? this.#constant([size]) : name,
    )
    copy.input = [node.input[0] ?? '', made, ...node.input.slice(2)]
    return [makeNode('Concat', inputs, [made], {name: made, attributes: {axis: 0}}), copy]
  }

  #constant(values: readonly number[]): string {
    const name = this.#unique('shape_pruned')
    this.#added.push(int64Tensor(name, values))
    return name
  }

  #unique(wanted: string): string {
    let name = wanted
    for (let count = 1; this.#names.has(name); count++) name = `${wanted}_${count}`
    this.#names.add(name)
    return name
  }
}

/** The description of an input or an output whose channels became fewer. */
function smaller(info: ValueInfoProto, cut: Cut | undefined): ValueInfoProto {
  const {type} = info
  if (cut === undefined || type?.value.case !== 'tensorType' || type.value.value.shape === undefined) return info
  const tensor = copyMessage(type.value.value)
  const shape = copyMessage(type.value.value.shape)
  const size = cut.kept.length * (cut.flat ? cut.group.unit * cut.segments : 1)
  shape.dim = shape.dim.map((dim, index) => (shape.dim.length - index === cut.fromEnd ? sized(dim, size) : dim))
  tensor.shape = shape
  const copy = copyMessage(info)
  copy.type = Object.assign(copyMessage(type), {value: {case: 'tensorType', value: tensor}})
  return copy
}

/** A size that has only a name stays so. */
function sized(dim: TensorShapeProto_Dimension, size: number): TensorShapeProto_Dimension {
  if (dim.value.case !== 'dimValue') return dim
  return create(TensorShapeProto_DimensionSchema, {value: {case: 'dimValue', value: BigInt(size)}})
}
