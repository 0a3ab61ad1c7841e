import type {IntegerType} from '../affine.js'
import type {NodeSelection, Operators} from '../select-nodes.js'

export interface StaticOptions extends NodeSelection {
  /** Default uint8, the quicker one on CPUs; TensorRT wants int8. */
  readonly activationType?: IntegerType | undefined
  /** Default int8. */
  readonly weightType?: IntegerType | undefined
  /** A scale for each output of a weight. Default true. */
  readonly perChannel?: boolean | undefined
  /** Zero points of activations are the middle of the integers; with int8, 0. Default false. */
  readonly symmetricActivations?: boolean | undefined
  /** The same for weights that have one scale; channels are always symmetric. Default: for int8. */
  readonly symmetricWeights?: boolean | undefined
  /** Of weights, for processors without VNNI. Default false. */
  readonly reduceRange?: boolean | undefined
  /** Operators whose outputs stay as they are. Default MatMul and Gemm; Conv is quick on CPUs only with integers. */
  readonly floatOutputs?: readonly string[] | undefined
  /** Biases become int32. TensorRT does not take that. Default true. */
  readonly quantizeBias?: boolean | undefined
  /** Weights stay floats, behind a pair of nodes, for compilers that want to quantize them. Default false. */
  readonly weightPairs?: boolean | undefined
  /** Products of two activations, as in attention, are quantized too. Default false. */
  readonly activationProducts?: boolean | undefined
}

const PASS_THROUGH = ['Reshape', 'Transpose', 'Squeeze', 'Unsqueeze', 'Flatten', 'Resize', 'MaxPool', 'AveragePool']

/** What Python's quantizer takes by default, without what only other models have. */
export const STATIC_OPERATORS: readonly string[] = [
  ...['Conv', 'ConvTranspose', 'MatMul', 'Gemm', 'Add', 'Mul', 'Relu', 'Clip', 'LeakyRelu', 'Sigmoid', 'Softmax'],
  ...PASS_THROUGH,
  ...['Slice', 'Split', 'Concat', 'Pad', 'Gather', 'GatherElements', 'Where', 'TopK', 'CumSum', 'ArgMax'],
  ...['GlobalAveragePool', 'InstanceNormalization', 'LayerNormalization', 'BatchNormalization'],
]

export const STATIC_SELECTION: Operators = {defaults: ['Conv', 'MatMul', 'Gemm'], all: STATIC_OPERATORS}

export const FLOAT_OUTPUTS: readonly string[] = ['MatMul', 'Gemm']
