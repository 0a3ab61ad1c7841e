import {create} from '@bufbuild/protobuf'
import {type AttributeValue, toAttribute} from './graph-builder.js'
import {type NodeProto, NodeProtoSchema} from './onnx-ml_pb.js'

export interface NodeParts {
  readonly name?: string | undefined
  readonly domain?: string | undefined
  readonly attributes?: Readonly<Record<string, AttributeValue>> | undefined
}

/** A node by its operator, what it reads and what it makes. */
export function makeNode(
  opType: string,
  input: readonly string[],
  output: readonly string[],
  {name = '', domain = '', attributes = {}}: NodeParts = {},
): NodeProto {
  const attribute = Object.entries(attributes).map(([key, value]) => toAttribute(key, value))
  return create(NodeProtoSchema, {opType, input: [...input], output: [...output], name, domain, attribute})
}

/** An integer attribute, `fallback` where the node does not have it. */
export function integerAttribute({attribute}: NodeProto, name: string, fallback: number): number {
  const found = attribute.find(one => one.name === name)
  return found === undefined ? fallback : Number(found.i)
}

/** A float attribute, `fallback` where the node does not have it. */
export function floatAttribute({attribute}: NodeProto, name: string, fallback: number): number {
  return attribute.find(one => one.name === name)?.f ?? fallback
}
