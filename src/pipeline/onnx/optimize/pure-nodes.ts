import {toBinary} from '@bufbuild/protobuf'
import {AttributeProtoSchema, type NodeProto} from '../onnx-ml_pb.js'
import {subgraphsOf} from '../visit.js'

const RANDOM = new Set([
  ...['RandomNormal', 'RandomNormalLike', 'RandomUniform', 'RandomUniformLike', 'Multinomial', 'Bernoulli'],
])

/** Whether a node gives the same outputs for the same inputs, and has no graphs in it. */
export const isPure = (node: NodeProto): boolean =>
  !RANDOM.has(node.opType) &&
  !(node.opType === 'Dropout' && node.input.length > 2) &&
  subgraphsOf(node).next().done === true

/** What a node does, whatever its name: two nodes of the same key and inputs give the same. */
export function operationKey({domain, opType, attribute, output}: NodeProto): string {
  const attributes = attribute.map(one => Buffer.from(toBinary(AttributeProtoSchema, one)).toString('base64')).sort()
  return JSON.stringify([domain === 'ai.onnx' ? '' : domain, opType, output.map(name => name !== ''), attributes])
}
