import type {GraphBuilder, Value} from '../../onnx/graph-builder.js'
import {TensorProto_DataType as DataType} from '../../onnx/onnx-ml_pb.js'
import {doubleTensor, floatTensor, int64Tensor} from '../../onnx/tensor.js'
import {SUBSAMPLING} from '../../training/architectures/speech-encoder.js'
import {rotaryFrequencies} from '../../training/tasks/encoder-inputs.js'

export interface BatchInputSizes {
  readonly mels: number
  readonly width: number
  readonly heads: number
}

/** Added to the scores of padding, as in training. */
const FAR_BELOW = -1e4

/**
 * What the speech encoder takes, by its names, made of what a batch is given as: `input_features` [batch, frames, mels], any
 * number of frames, and `lengths` [batch], the frames of each row. What stands beyond a row's length is not heard.
 */
export function addBatchInputs(graph: GraphBuilder, {mels, width, heads}: BatchInputSizes): ReadonlyMap<string, Value> {
  const {node, integers, placesBelow, isBelow} = createNodes(graph)
  const given = graph.input('input_features', DataType.FLOAT, ['batch', 'frames', mels])
  const lengths = graph.input('lengths', DataType.INT64, ['batch'])
  const outputsOf = (count: Value) => node('Div', node('Add', count, integers(SUBSAMPLING - 1)), integers(SUBSAMPLING))
  const frames = node('Gather', node('Shape', given), integers(1))
  const time = outputsOf(frames)
  const padded = node('Mul', time, integers(SUBSAMPLING))
  const amounts = [integers(0, 0, 0, 0), node('Sub', padded, frames), integers(0)]
  const features = node('Pad', given, graph.node('Concat', amounts, {attributes: {axis: 0}}))
  const heard = isBelow(placesBelow(padded), lengths)
  const places = placesBelow(time)
  const present = isBelow(places, outputsOf(lengths))
  const absent = node('Sub', graph.constant(floatTensor('one', [1], [])), present)
  const mask = node('Mul', absent, graph.constant(floatTensor('far_below', [FAR_BELOW], [])))
  return new Map([
    ['features', node('Mul', features, node('Unsqueeze', heard, integers(2)))],
    ['mask', node('Unsqueeze', mask, integers(1, 2))],
    ['present', node('Unsqueeze', present, integers(2))],
    ...rotaryPositions(graph, places, width / heads),
  ])
}

/** In double precision: as halves, which a graph may be stored in, angles of later places would be off by much. */
function rotaryPositions(graph: GraphBuilder, places: Value, size: number): readonly (readonly [string, Value])[] {
  const {node, integers, cast} = createNodes(graph)
  const frequencies = graph.constant(doubleTensor('frequencies', [...rotaryFrequencies(size)], [1, size]))
  const angles = node('Mul', node('Unsqueeze', cast(places, DataType.DOUBLE), integers(1)), frequencies)
  return [
    ['cosines', cast(node('Cos', angles), DataType.FLOAT)],
    ['sines', cast(node('Sin', angles), DataType.FLOAT)],
  ]
}

function createNodes(graph: GraphBuilder) {
  const node = (type: string, ...inputs: readonly Value[]) => graph.node(type, inputs)
  const integers = (...values: readonly number[]) => graph.constant(int64Tensor('integers', values))
  const integer = (value: number) => graph.constant(int64Tensor('integer', [value], []))
  const cast = (value: Value, to: DataType) => graph.node('Cast', [value], {attributes: {to}})
  /** 0, 1, … up to before `count`, a tensor of one integer. */
  const placesBelow = (count: Value) => node('Range', integer(0), node('Squeeze', count), integer(1))
  /** [batch, places]: 1 at places below each row's length, else 0. */
  const isBelow = (places: Value, lengths: Value) =>
    cast(node('Less', places, node('Unsqueeze', lengths, integers(1))), DataType.FLOAT)
  return {node, integers, cast, placesBelow, isBelow}
}
