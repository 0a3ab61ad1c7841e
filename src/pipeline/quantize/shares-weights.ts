import {type Model, weightKey} from '../onnx/model.js'
import {TensorProto_DataLocation as Location} from '../onnx/onnx-ml_pb.js'
import {modelTensors} from '../onnx/visit.js'

/** Smaller ones may be there twice. */
const TIED_BYTES = 1 << 20

/** Whether large weights are used by several tensors: they are stored once only in a file beside the model. */
export function sharesWeights({proto, weights}: Model): boolean {
  const keys = [...modelTensors(proto)]
    .filter(({dataLocation}) => dataLocation === Location.EXTERNAL)
    .map(tensor => weightKey(tensor) ?? '')
    .filter(key => (weights.get(key)?.byteLength ?? 0) >= TIED_BYTES)
  return new Set(keys).size < keys.length
}
