import {type Model, type WeightSource, weightKey} from '../model.js'
import {
  TensorProto_DataType as DataType,
  TensorProto_DataLocation as Location,
  type TensorProto,
} from '../onnx-ml_pb.js'
import {transpose} from '../quantize/transpose.js'
import {weightTensor} from '../tensor.js'
import {shapeOf} from '../tensor-values.js'
import type {Expression} from './constant-expressions.js'

/** A large matrix of floats, transposed when it is written; undefined for other expressions. */
export function transposedWeight(
  model: Model,
  {node, inputs}: Expression,
  key: string,
): {readonly tensor: TensorProto; readonly key: string; readonly source: WeightSource} | undefined {
  const [input] = inputs
  if (node.opType !== 'Transpose' || input === undefined || !('tensor' in input)) return undefined
  const {dataType, dataLocation} = input.tensor
  const shape = shapeOf(input.tensor)
  const [rows = 0, columns = 0] = shape
  const perm = node.attribute.find(({name}) => name === 'perm')?.ints.join()
  const stored = model.weights.get(weightKey(input.tensor) ?? '')
  const isTurned = shape.length === 2 && (perm === undefined || perm === '1,0')
  if (dataType !== DataType.FLOAT || dataLocation !== Location.EXTERNAL || !isTurned || stored === undefined)
    return undefined
  const source = turned(stored, rows, columns)
  return {tensor: weightTensor(node.output[0] ?? '', dataType, [columns, rows], {key, source}), key, source}
}

/** Kept from the first piece that is read to the last. */
function turned(stored: WeightSource, rows: number, columns: number): WeightSource {
  let kept: Promise<Uint8Array> | undefined
  const compute = async () => {
    const bytes = new Uint8Array(await stored.read(0, stored.byteLength))
    const values = transpose(new Float32Array(bytes.buffer), rows, columns)
    return new Uint8Array(values.buffer)
  }
  return {
    byteLength: stored.byteLength,
    async read(start, end) {
      kept ??= compute()
      const bytes = await kept
      if (end === stored.byteLength) kept = undefined
      return bytes.subarray(start, end)
    },
  }
}
