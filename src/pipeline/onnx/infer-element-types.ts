import {integerAttribute} from './nodes.js'
import {TensorProto_DataType as DataType, type NodeProto} from './onnx-ml_pb.js'

/** The type of a tensor's elements; undefined where it is not known. */
export type ElementType = DataType | undefined

type Rule = (node: NodeProto, inputs: readonly ElementType[]) => readonly ElementType[]

const always =
  (...types: readonly DataType[]): Rule =>
  () =>
    types
const input =
  (index: number): Rule =>
  ({output}, inputs) =>
    output.map(() => inputs[index])
const firstThen =
  (...rest: readonly DataType[]): Rule =>
  (_, inputs) => [inputs[0], ...rest]
const attribute =
  (name: string, fallback: DataType): Rule =>
  node => [integerAttribute(node, name, fallback)]
const tensorAttribute: Rule = node => {
  const {attribute: attributes} = node
  const tensor = attributes.find(({t}) => t !== undefined)?.t
  if (tensor !== undefined) return [tensor.dataType]
  const isInteger = attributes.some(({name}) => name === 'value_int' || name === 'value_ints')
  return [isInteger ? DataType.INT64 : DataType.FLOAT]
}
const integers = always(DataType.INT64)
const truth = always(DataType.BOOL)

/** Operators whose outputs are not of their first input's type. */
const RULES: Readonly<Record<string, Rule>> = {
  ...Object.fromEntries(
    ['Shape', 'Size', 'NonZero', 'ArgMax', 'ArgMin', 'NonMaxSuppression'].map(op => [op, integers]),
  ),
  ...Object.fromEntries(
    ['Equal', 'Less', 'LessOrEqual', 'Greater', 'GreaterOrEqual', 'And', 'Or', 'Xor', 'Not', 'IsNaN', 'IsInf'].map(
      op => [op, truth],
    ),
  ),
  Cast: attribute('to', DataType.FLOAT),
  CastLike: input(1),
  Constant: tensorAttribute,
  ConstantOfShape: tensorAttribute,
  Where: input(1),
  OneHot: input(2),
  TopK: firstThen(DataType.INT64),
  MaxPool: firstThen(DataType.INT64),
  Unique: firstThen(DataType.INT64, DataType.INT64, DataType.INT64),
  Dropout: firstThen(DataType.BOOL),
  EyeLike: (node, inputs) => [integerAttribute(node, 'dtype', inputs[0] ?? DataType.FLOAT)],
  RandomNormal: attribute('dtype', DataType.FLOAT),
  RandomUniform: attribute('dtype', DataType.FLOAT),
  RandomNormalLike: (node, inputs) => [integerAttribute(node, 'dtype', inputs[0] ?? DataType.FLOAT)],
  RandomUniformLike: (node, inputs) => [integerAttribute(node, 'dtype', inputs[0] ?? DataType.FLOAT)],
  Bernoulli: (node, inputs) => [integerAttribute(node, 'dtype', inputs[0] ?? DataType.FLOAT)],
  Multinomial: attribute('dtype', DataType.INT32),
  QuantizeLinear: (_, inputs) => [inputs[2] ?? DataType.UINT8],
  DequantizeLinear: input(1),
  DynamicQuantizeLinear: always(DataType.UINT8, DataType.FLOAT, DataType.UINT8),
  MatMulInteger: always(DataType.INT32),
  ConvInteger: always(DataType.INT32),
}

/** Types of a node's outputs, from those of its inputs. Not for nodes with subgraphs. */
export function inferElementTypes(node: NodeProto, inputs: readonly ElementType[]): readonly ElementType[] {
  return (RULES[node.opType] ?? input(0))(node, inputs)
}
