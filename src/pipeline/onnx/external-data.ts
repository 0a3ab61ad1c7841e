import {create} from '@bufbuild/protobuf'
import {copyMessage} from './copy-message.js'
import {mapTensors} from './map-graphs.js'
import {type WeightSource, weightKey} from './model.js'
import {TensorProto_DataLocation as Location, type ModelProto, StringStringEntryProtoSchema} from './onnx-ml_pb.js'
import {copyWeights, type Progress, writeStream} from './weight-stream.js'

/** Where weights stand in a file of external data, by their keys. */
export type Places = ReadonlyMap<string, {readonly offset: number; readonly length: number}>

/** So that weights can be mapped into memory. */
const ALIGNMENT_BYTES = 4096

/** Writes weights into one file, each at a multiple of 4096. */
export async function writeExternalData(
  path: string,
  weights: ReadonlyMap<string, WeightSource>,
  progress: Progress,
): Promise<Places> {
  const places = new Map<string, {offset: number; length: number}>()
  let position = 0
  await writeStream(path, async sink => {
    for (const [key, source] of weights) {
      const gap = (ALIGNMENT_BYTES - (position % ALIGNMENT_BYTES)) % ALIGNMENT_BYTES
      await sink(new Uint8Array(gap))
      places.set(key, {offset: position + gap, length: source.byteLength})
      await copyWeights(source, sink, progress)
      position += gap + source.byteLength
    }
  })
  return places
}

/** The model whose tensors name their places in the file `location`, which stands beside it. */
export function pointIntoFile(proto: ModelProto, location: string, places: Places): ModelProto {
  return mapTensors(proto, tensor => {
    const key = tensor.dataLocation === Location.EXTERNAL ? weightKey(tensor) : undefined
    const place = key === undefined ? undefined : places.get(key)
    if (place === undefined) return tensor
    const copy = copyMessage(tensor)
    copy.externalData = Object.entries({location, ...place}).map(([key, value]) =>
      create(StringStringEntryProtoSchema, {key, value: String(value)}),
    )
    return copy
  })
}
