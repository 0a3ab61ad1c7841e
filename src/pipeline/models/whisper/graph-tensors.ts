import {Tensor} from 'onnxruntime-node'
import {LinguluError} from '../../errors.js'
import type {Session} from '../../runtime/session.js'
import {type FloatType, floatsOf, floatTensor} from '../../runtime/tensor.js'
import type {PositionLogits} from './network.js'

/** Token ids of sequences of equal length, [rows, length]. */
export function idTensor(sequences: readonly (readonly number[])[]): Tensor {
  const length = sequences[0]?.length ?? 0
  return new Tensor('int64', BigInt64Array.from(sequences.flat(), BigInt), [sequences.length, length])
}

/** Sequences filled up on the right, where causal attention does not see it. */
export function padRight(sequences: readonly (readonly number[])[], token: number): number[][] {
  const longest = Math.max(...sequences.map(({length}) => length))
  return sequences.map(sequence => [...sequence, ...new Array<number>(longest - sequence.length).fill(token)])
}

/** A float tensor in the type that a graph's input wants; the tensor itself where it has it. */
export function convertTo(session: Session, input: string, tensor: Tensor): Tensor {
  const wanted = session.inputs.get(input)?.type
  if (wanted === tensor.type || wanted === undefined) return tensor
  return floatTensor(floatType(wanted), floatsOf(tensor), tensor.dims)
}

export function floatType(type: Tensor.Type): FloatType {
  return type === 'float16' ? type : 'float32'
}

/** Views of logits [rows, positions, vocabulary]. */
export function positionView(logits: Tensor): PositionLogits {
  const values = floatsOf(logits)
  const [, positions = 0, vocabulary = 0] = logits.dims
  return (row, position) => {
    const start = (row * positions + position) * vocabulary
    return values.subarray(start, start + vocabulary)
  }
}

export function outputOf(outputs: Readonly<Record<string, Tensor>>, name: string): Tensor {
  const tensor = outputs[name]
  if (tensor === undefined) throw new LinguluError('MODEL_INVALID', `The model did not compute ${name}.`)
  return tensor
}
