import {join} from 'node:path'
import {GraphBuilder, type NodeOptions} from '../../src/pipeline/onnx/graph-builder.js'
import type {Model} from '../../src/pipeline/onnx/model.js'
import {TensorProto_DataType as DataType} from '../../src/pipeline/onnx/onnx-ml_pb.js'
import {floatTensor} from '../../src/pipeline/onnx/tensor.js'
import {writeModel} from '../../src/pipeline/onnx/write-model.js'

export type Inputs = Readonly<Record<string, readonly (number | string)[]>>

/** Models with the inputs of real ones that compute nothing to speak of. */
export function inputsOnly(inputs: Inputs, operator = 'Mul', options: NodeOptions = {}): Model {
  const graph = new GraphBuilder('inputs')
  for (const [name, shape] of Object.entries(inputs))
    graph.input(name, name === 'input_ids' ? DataType.INT64 : DataType.FLOAT, shape)
  const [first = '', shape = []] = Object.entries(inputs)[0] ?? []
  const weight = graph.constant(floatTensor('weight', [2], [1]))
  const float = first === 'input_ids' ? graph.node('Cast', [first], {attributes: {to: DataType.FLOAT}}) : first
  graph.output(graph.node(operator, [float, weight], options), DataType.FLOAT, shape, 'out')
  return graph.build({opset: 17, domains: {'com.microsoft': 1}})
}

export const ENCODER: Inputs = {input_features: ['batch_size', 80, 3000]}
export const FIRST_PASS: Inputs = {
  input_ids: ['batch_size', 'decoder_sequence_length'],
  encoder_hidden_states: ['batch_size', 'encoder_sequence_length', 384],
}
export const LATER_PASS: Inputs = {
  input_ids: ['batch_size', 'decoder_sequence_length'],
  'past_key_values.0.decoder.key': ['batch_size', 6, 'past_decoder_sequence_length', 64],
  'past_key_values.0.decoder.value': ['batch_size', 6, 'past_decoder_sequence_length', 64],
  'past_key_values.0.encoder.key': ['batch_size', 6, 'encoder_sequence_length_out', 64],
  'past_key_values.0.encoder.value': ['batch_size', 6, 'encoder_sequence_length_out', 64],
}
export const CTC: Inputs = {input_values: ['batch_size', 'sequence_length']}

/** A folder as `lingulu export --layout split` makes it. */
export async function writeSplitWhisper(folder: string): Promise<void> {
  await writeModel(inputsOnly(ENCODER), join(folder, 'onnx/encoder_model.onnx'))
  await writeModel(inputsOnly(FIRST_PASS), join(folder, 'onnx/decoder_model.onnx'))
  await writeModel(inputsOnly(LATER_PASS), join(folder, 'onnx/decoder_with_past_model.onnx'))
}
