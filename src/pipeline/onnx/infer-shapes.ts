import {create, toBinary} from '@bufbuild/protobuf'
import type {InferenceSession} from 'onnxruntime-node'
import {loadOnnxRuntime} from '../runtime/onnx-runtime.js'
import {copyMessage} from './copy-message.js'
import {tensorInfo} from './graph-builder.js'
import {declaredType} from './half-types.js'
import {mapSubgraphs, withGraph} from './map-graphs.js'
import {
  type TensorProto_DataType as DataType,
  type GraphProto,
  TensorProto_DataLocation as Location,
  type ModelProto,
  ModelProtoSchema,
  type TensorProto,
  type ValueInfoProto,
  ValueInfoProtoSchema,
} from './onnx-ml_pb.js'
import {outerValues} from './outer-values.js'
import {DATA_TYPES} from './runtime-types.js'
import {shapeOf} from './tensor-values.js'
import {subgraphsOf} from './visit.js'

/** What is known of a tensor before the model runs. Sizes that are named have a name, others that are unknown none. */
export interface ValueShape {
  readonly type: DataType | undefined
  readonly dims: readonly (number | string | undefined)[] | undefined
}

/** By graph and by the name of the value: names are unique in their own graph only. */
export type ShapeTable = ReadonlyMap<GraphProto, ReadonlyMap<string, ValueShape>>

/**
 * The shapes of all values, by ONNX Runtime’s own inference: graph by graph, without the large weights, so that it takes
 * milliseconds whatever the size of the model. A graph that cannot be loaded has only what it declares.
 */
export async function inferShapes({proto}: {readonly proto: ModelProto}): Promise<ShapeTable> {
  const table = new Map<GraphProto, ReadonlyMap<string, ValueShape>>()
  if (proto.graph !== undefined) await inferGraph(proto, proto.graph, undefined, table)
  return table
}

/** A graph, and the graphs around it. */
interface Surroundings {
  readonly graph: GraphProto
  readonly shapes: ReadonlyMap<string, ValueShape>
  readonly outer: Surroundings | undefined
}

async function inferGraph(
  proto: ModelProto,
  graph: GraphProto,
  outer: Surroundings | undefined,
  table: Map<GraphProto, ReadonlyMap<string, ValueShape>>,
): Promise<void> {
  const shapes = new Map<string, ValueShape>()
  for (const info of [...graph.valueInfo, ...graph.output, ...graph.input]) shapes.set(info.name, declaredShape(info))
  for (const tensor of graph.initializer) shapes.set(tensor.name, shapeOfTensor(tensor))
  for (const [name, shape] of await inferOutputs(standalone(proto, graph, shapes, outer))) {
    const known = shapes.get(name)
    shapes.set(name, known?.dims === undefined ? {type: shape.type ?? known?.type, dims: shape.dims} : known)
  }
  for (const node of graph.node)
    if (node.opType === 'Constant') {
      const tensor = node.attribute.find(({t}) => t !== undefined)?.t
      if (tensor !== undefined) shapes.set(node.output[0] ?? '', shapeOfTensor(tensor))
    }
  table.set(graph, shapes)
  for (const node of graph.node)
    for (const inner of subgraphsOf(node)) await inferGraph(proto, inner, {graph, shapes, outer}, table)
}

const shapeOfTensor = (tensor: TensorProto): ValueShape => ({type: tensor.dataType, dims: shapeOf(tensor)})

/** The shape that a graph declares for a value. */
export function declaredShape(info: ValueInfoProto): ValueShape {
  const value = info.type?.value
  const shape = value?.case === 'tensorType' ? value.value.shape : undefined
  const dims = shape?.dim.map(({value: size}) => {
    if (size.case === 'dimValue') return Number(size.value)
    return size.case === 'dimParam' && size.value !== '' ? size.value : undefined
  })
  return {type: declaredType(info), dims}
}

/** A model of one graph alone: what it takes from around it and its large weights are inputs, all values are outputs. */
function standalone(
  proto: ModelProto,
  graph: GraphProto,
  shapes: ReadonlyMap<string, ValueShape>,
  outer: Surroundings | undefined,
): ModelProto | undefined {
  const lifted: ValueInfoProto[] = []
  const own = new Set(graph.initializer.map(({name}) => name))
  const copy = copyMessage(graph)
  copy.initializer = graph.initializer.filter(({dataLocation}) => dataLocation !== Location.EXTERNAL)
  copy.input = graph.input.filter(({name}) => !own.has(name))
  for (const tensor of graph.initializer)
    if (tensor.dataLocation === Location.EXTERNAL) lifted.push(infoOf(tensor.name, shapeOfTensor(tensor)))
  for (const name of outer === undefined ? [] : outerValues(graph)) {
    const found = findOuter(name, outer)
    if (found === undefined) return undefined
    if (!('dataType' in found)) lifted.push(infoOf(name, found))
    else copy.initializer.push(found)
  }
  const below = new Map<string, TensorProto>()
  copy.node = graph.node.map(node => mapSubgraphs(node, inner => liftWeights(inner, below)))
  for (const tensor of below.values()) lifted.push(infoOf(tensor.name, shapeOfTensor(tensor)))
  copy.input = [...copy.input, ...lifted]
  const made = graph.node.flatMap(({output}) => output).filter(name => name !== '')
  copy.output = made.map(name => infoOf(name, shapes.get(name)))
  copy.valueInfo = []
  const model = create(ModelProtoSchema, {irVersion: proto.irVersion, opsetImport: proto.opsetImport})
  model.functions = proto.functions
  return withGraph(model, copy)
}

/**
 * The large weights of a graph below are to be inputs of the outermost one. Where graphs beside each other use a name for
 * different shapes, loading fails, and nothing is inferred.
 */
function liftWeights(graph: GraphProto, lifted: Map<string, TensorProto>): GraphProto {
  const copy = copyMessage(graph)
  copy.node = graph.node.map(node => mapSubgraphs(node, inner => liftWeights(inner, lifted)))
  copy.initializer = graph.initializer.filter(tensor => {
    if (tensor.dataLocation !== Location.EXTERNAL) return true
    lifted.set(tensor.name, tensor)
    return false
  })
  return copy
}

function findOuter(name: string, outer: Surroundings | undefined): ValueShape | TensorProto | undefined {
  if (outer === undefined) return undefined
  const tensor = outer.graph.initializer.find(one => one.name === name)
  if (tensor !== undefined) return tensor.dataLocation === Location.EXTERNAL ? shapeOfTensor(tensor) : tensor
  return outer.shapes.get(name) ?? findOuter(name, outer.outer)
}

function infoOf(name: string, shape: ValueShape | undefined): ValueInfoProto {
  if (shape?.type === undefined || shape.dims === undefined) return create(ValueInfoProtoSchema, {name})
  return tensorInfo(
    name,
    shape.type,
    shape.dims.map(size => size ?? ''),
  )
}

async function inferOutputs(proto: ModelProto | undefined): Promise<readonly (readonly [string, ValueShape])[]> {
  if (proto === undefined) return []
  const {InferenceSession} = await loadOnnxRuntime()
  let session: InferenceSession
  try {
    session = await InferenceSession.create(toBinary(ModelProtoSchema, proto), {
      graphOptimizationLevel: 'disabled',
      logSeverityLevel: 4,
    })
  } catch {
    return []
  }
  const found = session.outputMetadata.flatMap(info => {
    if (!info.isTensor) return []
    // No sizes: a scalar, or nothing is known. Only the latter is safe to say.
    const dims = info.shape.length === 0 ? undefined : info.shape.map(size => (size === '' ? undefined : size))
    return [[info.name, {type: DATA_TYPES[info.type], dims}] as const]
  })
  await session.release()
  return found
}
