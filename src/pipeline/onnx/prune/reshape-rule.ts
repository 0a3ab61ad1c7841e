import type {TensorProto} from '../onnx-ml_pb.js'
import {NotRemovable, type Placement, type Tracking} from './channels.js'
import {type Operation, rankOf, sizeFromEnd, type Value} from './value-graph.js'

/**
 * Reshape with channels: [… , heads × size] to [… , heads, size] and back, and where the last dimension stays as it is.
 * The shape may be made as the model runs, if its last entries are constants.
 */
export function reshapeRule(operation: Operation, flood: Tracking): void {
  const {inputs, outputs} = operation
  const [x, shape] = inputs
  const [y] = outputs
  if (x === undefined || y === undefined || shape === undefined) throw new NotRemovable('a Reshape lacks an operand')
  if (flood.at(shape) !== undefined) throw new NotRemovable('they are a shape')
  const inX = flood.at(x)
  const inY = flood.at(y)
  const last = sizeFromEnd(y, 1) ?? entryFromEnd(shape, 1)
  if ((inX ?? inY)?.segments !== 1 || (inX?.flat === true && inX.fromEnd !== 1))
    throw new NotRemovable('a Reshape moves them')
  const way = inX === undefined ? wayBack(x, y, inY, last) : wayOn(x, inX, flood, last)
  if (way === 'keep') keepFlat(operation, flood)
  else if (way === 'split') splitHeads(operation, flood, last)
  else joinHeads(operation, flood, last)
}

type Way = 'keep' | 'split' | 'join'

function wayOn(x: Value, {flat}: Placement, flood: Tracking, last: number | undefined): Way {
  if (!flat) return 'join'
  return last === flatSize(x, flood) ? 'keep' : 'split'
}

function wayBack(x: Value, y: Value, inY: Placement | undefined, last: number | undefined): Way {
  if (inY?.flat === false) return 'split'
  const [rankX, rankY] = [rankOf(x), rankOf(y)]
  if (rankX !== undefined && rankY !== undefined && rankX === rankY + 1) return 'join'
  const size = sizeFromEnd(x, 1)
  if (size === undefined || size !== last) throw new NotRemovable('a Reshape moves them')
  return 'keep'
}

function flatSize(
  x: Value | undefined,
  {channels, unit}: {readonly channels: number; readonly unit: number | undefined},
) {
  return (x === undefined ? undefined : sizeFromEnd(x, 1)) ?? channels * (unit ?? 1)
}

function keepFlat(operation: Operation, flood: Tracking): void {
  for (const value of [operation.inputs[0], operation.outputs[0]])
    flood.place(value, {fromEnd: 1, flat: true, segments: 1})
  edit(operation, flood, {fromEnd: 1, flat: true})
}

function splitHeads(operation: Operation, flood: Tracking, last: number | undefined): void {
  const [x, shape] = operation.inputs
  const heads = shape === undefined ? undefined : entryFromEnd(shape, 2)
  const whole = flatSize(x !== undefined && flood.at(x) !== undefined ? x : undefined, flood)
  if (last === undefined || last === 0 || heads === undefined || heads === 0)
    throw new NotRemovable('a Reshape takes them apart in an unknown way')
  const size = last > 0 ? last : whole / heads
  if (size < 1 || !Number.isInteger(whole / size) || (heads > 0 && heads * size !== whole))
    throw new NotRemovable('a Reshape takes them apart')
  flood.setUnit(size)
  flood.place(x, {fromEnd: 1, flat: true, segments: 1})
  flood.place(operation.outputs[0], {fromEnd: 2, flat: false, segments: 1})
  edit(operation, flood, {fromEnd: 2, flat: false})
}

function joinHeads(operation: Operation, flood: Tracking, last: number | undefined): void {
  const {unit, channels} = flood
  if (unit === undefined || (last !== -1 && last !== channels * unit))
    throw new NotRemovable('a Reshape puts them together with others')
  flood.place(operation.inputs[0], {fromEnd: 2, flat: false, segments: 1})
  flood.place(operation.outputs[0], {fromEnd: 1, flat: true, segments: 1})
  edit(operation, flood, {fromEnd: 1, flat: true})
}

/** A size that is written out must be written anew; −1 says what is left, and 0 the same as before. */
function edit(operation: Operation, flood: Tracking, place: {readonly fromEnd: number; readonly flat: boolean}): void {
  const shape = operation.inputs[1]
  const entry = shape === undefined ? undefined : entryFromEnd(shape, place.fromEnd)
  if (entry === undefined) throw new NotRemovable('a Reshape has a computed shape')
  if (entry > 0) flood.edits.set(operation, {type: 'shape', operation, ...place})
}

/** An entry of a shape, counted from the end: of a constant, or of a constant part of a Concat. */
export function entryFromEnd(shape: Value, fromEnd: number): number | undefined {
  if (shape.tensor !== undefined) return integersIn(shape.tensor)?.at(-fromEnd)
  const part = partFromEnd(shape, fromEnd)
  return part === undefined ? undefined : constantEntry(part)
}

/** The input of the Concat that makes a shape whose single element is that entry. */
export function partFromEnd({maker}: Value, fromEnd: number): Value | undefined {
  if (maker?.node.opType !== 'Concat') return undefined
  const parts = maker.inputs.slice(-fromEnd)
  if (parts.length < fromEnd || parts.some(part => part === undefined || sizeFromEnd(part, 1) !== 1)) return undefined
  return parts[0]
}

function constantEntry({tensor, maker}: Value): number | undefined {
  const constant = tensor ?? (maker?.node.opType === 'Unsqueeze' ? maker.inputs[0]?.tensor : undefined)
  const values = constant === undefined ? undefined : integersIn(constant)
  return values?.length === 1 ? values[0] : undefined
}

/** Shapes are small: their integers stand in the message. */
function integersIn({rawData, int64Data}: TensorProto): number[] | undefined {
  if (rawData.byteLength === 0) return int64Data.map(Number)
  const bytes = new Uint8Array(rawData)
  return Array.from(new BigInt64Array(bytes.buffer, 0, bytes.byteLength / 8), Number)
}
