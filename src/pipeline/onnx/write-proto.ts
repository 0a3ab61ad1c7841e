import {clearField, toBinary} from '@bufbuild/protobuf'
import {copyMessage} from './copy-message.js'
import {mapTensors} from './map-graphs.js'
import {type Model, type WeightSource, weightKey} from './model.js'
import {
  GraphProtoSchema,
  TensorProto_DataLocation as Location,
  type ModelProto,
  ModelProtoSchema,
  type TensorProto,
  TensorProtoSchema,
} from './onnx-ml_pb.js'
import {modelTensors} from './visit.js'
import {copyWeights, type Progress, type Sink} from './weight-stream.js'

/** What is not an initializer of the main graph is written with its message, not in pieces: it is rarely large. */
export async function inlineBelow({proto, weights}: Model): Promise<ModelProto> {
  const streamed = new Set(proto.graph?.initializer)
  const bytes = new Map<string, Uint8Array>()
  for (const tensor of modelTensors(proto)) {
    const key = weightKey(tensor)
    if (tensor.dataLocation !== Location.EXTERNAL || streamed.has(tensor) || key === undefined) continue
    const source = weights.get(key)
    if (source !== undefined && !bytes.has(key)) bytes.set(key, await source.read(0, source.byteLength))
  }
  return mapTensors(proto, tensor => {
    if (tensor.dataLocation !== Location.EXTERNAL || streamed.has(tensor)) return tensor
    const copy = withoutData(tensor)
    const found = bytes.get(weightKey(tensor) ?? '')
    if (found !== undefined) copy.rawData = found
    return copy
  })
}

function withoutData(tensor: TensorProto): TensorProto {
  const copy = copyMessage(tensor)
  clearField(copy, TensorProtoSchema.field.dataLocation)
  clearField(copy, TensorProtoSchema.field.rawData)
  copy.externalData = []
  return copy
}

/** Field numbers of the messages on the way to a weight, as tags of length-delimited fields. */
const MODEL_GRAPH = 0x3a
const GRAPH_INITIALIZER = 0x2a
const TENSOR_RAW_DATA = 0x4a

/** Writes the message, with the weights of `streamed` spliced in from their sources. */
export async function writeProto(
  proto: ModelProto,
  streamed: ReadonlyMap<string, WeightSource>,
  sink: Sink,
  progress: Progress,
): Promise<void> {
  const {graph} = proto
  if (graph === undefined) throw new RangeError('A model has a graph')
  const outer = copyMessage(proto)
  clearField(outer, ModelProtoSchema.field.graph)
  const inner = copyMessage(graph)
  inner.initializer = []
  const head = toBinary(GraphProtoSchema, inner)
  const tensors = graph.initializer.map(tensor => {
    const source = tensor.dataLocation === Location.EXTERNAL ? streamed.get(weightKey(tensor) ?? '') : undefined
    const message = toBinary(TensorProtoSchema, source ? withoutData(tensor) : tensor)
    const data = source ? field(TENSOR_RAW_DATA, source.byteLength) : new Uint8Array(0)
    const length = message.byteLength + data.byteLength + (source?.byteLength ?? 0)
    return {start: Buffer.concat([field(GRAPH_INITIALIZER, length), message, data]), source}
  })
  const length = tensors.reduce(
    (sum, {start, source}) => sum + start.byteLength + (source?.byteLength ?? 0),
    head.byteLength,
  )
  await sink(Buffer.concat([toBinary(ModelProtoSchema, outer), field(MODEL_GRAPH, length), head]))
  for (const {start, source} of tensors) {
    await sink(start)
    if (source !== undefined) await copyWeights(source, sink, progress)
  }
}

/** The tag and the length that stand before a field of so many bytes. */
function field(tag: number, byteLength: number): Uint8Array {
  const bytes = [tag]
  let rest = byteLength
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80)
  return Uint8Array.from([...bytes, rest])
}
