import {floatAttribute, integerAttribute} from '../nodes.js'
import type {NodeProto} from '../onnx-ml_pb.js'

/** Whether a Gemm is `A B + C`, with B as it is or transposed, and nothing more. */
export const isPlainGemm = (node: NodeProto): boolean =>
  floatAttribute(node, 'alpha', 1) === 1 &&
  floatAttribute(node, 'beta', 1) === 1 &&
  integerAttribute(node, 'transA', 0) === 0
