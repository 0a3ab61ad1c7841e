import {integerAttribute} from '../nodes.js'
import {TensorProto_DataType as DataType, type NodeProto, type TensorProto} from '../onnx-ml_pb.js'
import {isPlainGemm} from './plain-gemm.js'
import type {Scope} from './scope.js'
import type {TransposeScope} from './transpose-scope.js'

export interface ProductWeight {
  readonly tensor: TensorProto
  readonly owner: Scope
  /** Stored with one row, not one column, for each column of the product. */
  readonly turned: boolean
}

/**
 * The float weights of a MatMul or a plain Gemm; undefined where there are none. They may be behind a Transpose, as
 * PyTorch's exporter leaves them, and as tied embeddings are.
 */
export function productWeight(node: NodeProto, scope: TransposeScope): ProductWeight | undefined {
  if (node.opType === 'Gemm' && !isPlainGemm(node)) return undefined
  const name = node.input[1] ?? ''
  const transposed = scope.transposed(name)
  const found = transposed ?? scope.find(name)
  if (found === undefined || found.tensor.dataType !== DataType.FLOAT || found.tensor.dims.length < 2) return undefined
  const isTurned = node.opType === 'Gemm' && integerAttribute(node, 'transB', 0) === 1
  const turned = isTurned !== (transposed !== undefined)
  return transposed !== undefined && found.tensor.dims.length > 2 ? undefined : {...found, turned}
}
