import {byteLengthOf} from './element-types.js'
import {type Model, weightKey} from './model.js'
import {TensorProto_DataLocation as Location} from './onnx-ml_pb.js'
import {elementCount} from './tensor-values.js'
import {modelTensors} from './visit.js'

/** Bytes of a model's tensors; those that share theirs count once. */
export function storedBytes({proto}: Pick<Model, 'proto'>): number {
  const sizes = new Map<unknown, number>()
  for (const tensor of modelTensors(proto)) {
    const key = tensor.dataLocation === Location.EXTERNAL ? weightKey(tensor) : tensor
    sizes.set(key, byteLengthOf(tensor.dataType, elementCount(tensor)) ?? 0)
  }
  return [...sizes.values()].reduce((sum, size) => sum + size, 0)
}
