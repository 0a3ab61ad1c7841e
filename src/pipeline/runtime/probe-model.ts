/** Elements of the probe's input and output. */
export const PROBE_LENGTH = 4

/**
 * The smallest ONNX model with work for a GPU: y = x + x over four floats, IR version 8, opset 17. Written out by hand
 * (protobuf: a field is its tag, `number × 8 + wire type`, then a varint, or a length and that many bytes), so that a
 * probe needs no file.
 */
export function probeModel(): Uint8Array {
  const float = varint(1, 1) // TypeProto.Tensor.elem_type = FLOAT
  const shape = message(2, message(1, varint(1, PROBE_LENGTH))) // .shape.dim.dim_value
  const type = message(2, message(1, [...float, ...shape])) // ValueInfoProto.type.tensor_type
  const add = [...text(1, 'x'), ...text(1, 'x'), ...text(2, 'y'), ...text(4, 'Add')] // NodeProto inputs, output, op_type
  const graph = [
    ...message(1, add), // GraphProto.node
    ...text(2, 'probe'), // .name
    ...message(11, [...text(1, 'x'), ...type]), // .input
    ...message(12, [...text(1, 'y'), ...type]), // .output
  ]
  const opset = [...text(1, ''), ...varint(2, 17)] // OperatorSetIdProto.domain, .version
  return Uint8Array.from([...varint(1, 8), ...message(7, graph), ...message(8, opset)])
}

/** Values below 128 take one byte. */
const varint = (field: number, value: number): number[] => [field * 8, value]
const message = (field: number, content: readonly number[]): number[] => [field * 8 + 2, content.length, ...content]
const text = (field: number, value: string): number[] => message(field, [...Buffer.from(value, 'latin1')])
