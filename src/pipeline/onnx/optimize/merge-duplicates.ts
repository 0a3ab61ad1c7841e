import {createHash} from 'node:crypto'
import {copyMessage} from '../copy-message.js'
import {mapSubgraphs, withGraph} from '../map-graphs.js'
import {type Model, weightKey} from '../model.js'
import {
  TensorProto_DataType as DataType,
  type GraphProto,
  TensorProto_DataLocation as Location,
  type NodeProto,
  type TensorProto,
} from '../onnx-ml_pb.js'
import {removeUnused} from '../remove-unused.js'
import {renameReads} from '../rename-reads.js'
import {bytesOf} from '../tensor-values.js'
import {uniqueNames} from '../unique-names.js'
import {modelGraphs} from '../visit.js'
import {isPure, operationKey} from './pure-nodes.js'

/**
 * Stores equal initializers once, those of branches in the main graph, and computes equal expressions once (what an outer
 * graph has computed its branches need not). Weights of equal type and shape are read to be compared.
 */
export async function mergeDuplicates(model: Model): Promise<Model> {
  const {graph} = model.proto
  if (graph === undefined) return model
  const merged = await mergeInitializers(model, graph)
  return removeUnused({...model, proto: withGraph(model.proto, mergeNodes(merged, undefined))})
}

async function mergeInitializers(model: Model, main: GraphProto): Promise<GraphProto> {
  const twins = await findTwins(model)
  if (twins.size === 0) return main
  const unique = uniqueNames(model.proto)
  const shared = new Map<string, TensorProto>()
  const inMain = new Set(main.initializer)
  for (const [key, tensors] of twins) {
    const first = tensors.find(tensor => inMain.has(tensor))
    const [any] = tensors
    if (first !== undefined) shared.set(key, first)
    else if (any !== undefined) shared.set(key, Object.assign(copyMessage(any), {name: unique(any.name)}))
  }
  const names = new Map<TensorProto, string>()
  for (const [key, tensors] of twins)
    for (const tensor of tensors) names.set(tensor, shared.get(key)?.name ?? tensor.name)
  const replaced = replaceInitializers(main, names)
  const added = [...shared.values()].filter(tensor => !inMain.has(tensor))
  return Object.assign(copyMessage(replaced), {initializer: [...replaced.initializer, ...added]})
}

/** Initializers with the same type, shape and bytes as others, by what they have in common. */
async function findTwins(model: Model): Promise<Map<string, TensorProto[]>> {
  const byShape = new Map<string, TensorProto[]>()
  for (const graph of modelGraphs(model.proto)) {
    const fixed = new Set([...graph.input, ...graph.output].map(({name}) => name))
    for (const tensor of graph.initializer)
      if (!fixed.has(tensor.name) && tensor.dataType !== DataType.STRING)
        push(byShape, `${tensor.dataType}:${tensor.dims}`, tensor)
  }
  const twins = new Map<string, TensorProto[]>()
  for (const [shape, tensors] of byShape) {
    if (tensors.length === 1) continue
    const hashes = new Map<string, string>()
    for (const tensor of tensors) push(twins, `${shape}:${await hashOf(model, tensor, hashes)}`, tensor)
  }
  for (const [key, tensors] of twins) if (tensors.length === 1) twins.delete(key)
  return twins
}

function push(map: Map<string, TensorProto[]>, key: string, tensor: TensorProto): void {
  const list = map.get(key) ?? []
  list.push(tensor)
  map.set(key, list)
}

async function hashOf(model: Model, tensor: TensorProto, hashes: Map<string, string>): Promise<string> {
  const key = tensor.dataLocation === Location.EXTERNAL ? (weightKey(tensor) ?? '') : undefined
  const known = key === undefined ? undefined : hashes.get(key)
  if (known !== undefined) return known
  const hash = createHash('sha256')
    .update(await bytesOf(model, tensor))
    .digest('hex')
  if (key !== undefined) hashes.set(key, hash)
  return hash
}

/** Removes initializers that go by another name now, and lets their readers read that one. */
function replaceInitializers(graph: GraphProto, names: ReadonlyMap<TensorProto, string>): GraphProto {
  const aliases = new Map<string, string>()
  const initializer = graph.initializer.filter(tensor => {
    const name = names.get(tensor)
    if (name === undefined || name === tensor.name) return true
    aliases.set(tensor.name, name)
    return false
  })
  const copy = copyMessage(graph)
  copy.initializer = initializer
  copy.node = graph.node.map(node =>
    renameReads(
      mapSubgraphs(node, inner => replaceInitializers(inner, names)),
      aliases,
    ),
  )
  return copy
}

/** Expressions of a graph and those around it, by what they compute. */
interface Expressions {
  readonly known: ReadonlyMap<string, readonly string[]>
  readonly outer: Expressions | undefined
}

function mergeNodes(graph: GraphProto, outer: Expressions | undefined): GraphProto {
  const known = new Map<string, readonly string[]>()
  const aliases = new Map<string, string>()
  const outputs = new Set(graph.output.map(({name}) => name))
  const nodes: NodeProto[] = []
  for (const original of graph.node) {
    const node = renameReads(original, aliases)
    if (isPure(node)) {
      const key = `${operationKey(node)}${JSON.stringify(node.input)}`
      const same = find(key, {known, outer})
      if (same !== undefined && !node.output.some(name => outputs.has(name))) {
        for (const [index, name] of node.output.entries()) aliases.set(name, same[index] ?? '')
        continue
      }
      if (same === undefined) known.set(key, node.output)
    }
    nodes.push(mapSubgraphs(node, inner => mergeNodes(inner, {known, outer})))
  }
  const isSame = nodes.length === graph.node.length && nodes.every((node, index) => node === graph.node[index])
  return isSame ? graph : Object.assign(copyMessage(graph), {node: nodes})
}

function find(key: string, {known, outer}: Expressions): readonly string[] | undefined {
  return known.get(key) ?? (outer === undefined ? undefined : find(key, outer))
}
