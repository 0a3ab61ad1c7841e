import {float32ToFloat16} from '../runtime/float16.js'
import {copyMessage} from './copy-message.js'
import type {WeightSource} from './model.js'
import {pointTo, weightKey} from './model.js'
import {TensorProto_DataType as DataType, TensorProto_DataLocation as Location, type TensorProto} from './onnx-ml_pb.js'

/** The smallest half, as the reference spells it; what is nearer to zero and not zero becomes it. */
const SMALLEST = Math.fround(5.96e-8)
const LARGEST = 65_504

/** Floats as halves; finite ones stay finite, and none but zero becomes zero. */
export function clampToHalf(values: Float32Array): Uint16Array {
  const clamped = values.map(value => {
    const magnitude = Math.abs(value)
    if (magnitude > LARGEST && magnitude !== Number.POSITIVE_INFINITY) return Math.sign(value) * LARGEST
    return magnitude > 0 && magnitude < SMALLEST ? Math.sign(value) * SMALLEST : value
  })
  return float32ToFloat16(clamped)
}

const halves = (bytes: Uint8Array): Uint8Array => {
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : new Uint8Array(bytes)
  return new Uint8Array(
    clampToHalf(new Float32Array(aligned.buffer, aligned.byteOffset, aligned.byteLength / 4)).buffer,
  )
}

/** Floats that become halves as they are read. */
export function halfSource(source: WeightSource): WeightSource {
  return {
    byteLength: source.byteLength / 2,
    async read(start, end) {
      const first = start - (start % 2)
      const bytes = halves(await source.read(2 * first, 2 * (end + (end % 2))))
      return bytes.subarray(start - first, end - first)
    },
  }
}

/** A FLOAT tensor as FLOAT16; its bytes, where they are among the model's weights, are added to `weights`. */
export function halfTensor(
  tensor: TensorProto,
  model: ReadonlyMap<string, WeightSource>,
  weights: Map<string, WeightSource>,
): TensorProto {
  const copy = copyMessage(tensor)
  copy.dataType = DataType.FLOAT16
  if (tensor.dataLocation === Location.EXTERNAL) {
    const key = weightKey(tensor) ?? ''
    const source = model.get(key)
    if (source !== undefined) weights.set(`half:${key}`, halfSource(source))
    pointTo(copy, `half:${key}`)
  } else if (tensor.rawData.byteLength > 0) copy.rawData = halves(tensor.rawData)
  else {
    copy.rawData = new Uint8Array(clampToHalf(Float32Array.from(tensor.floatData)).buffer)
    copy.floatData = []
  }
  return copy
}
