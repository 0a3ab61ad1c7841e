import type {ElementType} from '../../infer-element-types.js'
import type {Model} from '../../model.js'
import {TensorProto_DataType as DataType, type GraphProto, type NodeProto, type TensorProto} from '../../onnx-ml_pb.js'
import {opsetOf} from '../../opset.js'
import {readsOf} from '../../outer-values.js'
import {limitsOf} from './limits.js'
import {type QuantizedParts, quantizedParts} from './quantized-parts.js'
import type {Range} from './range.js'
import {FLOAT_OUTPUTS, type StaticOptions} from './static-options.js'
import {valueTypes} from './value-types.js'

/** How a tensor is to be quantized. */
export interface Mark {
  readonly kind: 'activation' | 'weight'
  /** A scale for each channel along it. */
  readonly axis?: number | undefined
  /** The tensor whose scale and zero point it has too. */
  readonly sharedWith?: string | undefined
}

/** A bias, which gets the product of two scales. */
export interface BiasMark {
  readonly node: NodeProto
  readonly bias: TensorProto
  readonly input: string
  readonly weight: string
  /** What the sum of products is multiplied with. */
  readonly alpha: number
  /** What the bias is multiplied with. */
  readonly beta: number
}

/** Which tensors of a graph are to be quantized, and which nodes go; filled in by the rules of the operators. */
export class Marks {
  readonly tensors = new Map<string, Mark>()
  readonly biases: BiasMark[] = []
  /** Nodes that limit values to a range which their input has as integers. */
  readonly removed = new Set<NodeProto>()
  /** Values that are made under another name, that of what the removed node made. */
  readonly renamed = new Map<string, string>()
  readonly opset: number
  readonly initializers: ReadonlyMap<string, TensorProto>
  readonly parts: QuantizedParts
  readonly #types: ReadonlyMap<string, ElementType>
  readonly #readers: ReadonlyMap<string, number>
  readonly #borders: ReadonlySet<string>

  constructor(
    {proto}: Model,
    graph: GraphProto,
    readonly options: StaticOptions,
    /** Of an activation, after what Relu, Clip and Softmax say about it. */
    readonly rangeOf: (name: string) => Range | undefined,
  ) {
    this.opset = opsetOf(proto)
    this.initializers = new Map(graph.initializer.map(tensor => [tensor.name, tensor]))
    this.parts = quantizedParts(graph)
    this.#types = valueTypes(graph)
    this.#readers = countReaders(graph)
    this.#borders = new Set([...graph.input, ...graph.output].map(({name}) => name))
  }

  hasOutput({opType}: NodeProto): boolean {
    return !(this.options.floatOutputs ?? FLOAT_OUTPUTS).includes(opType)
  }

  /** The initializer, if it is one of floats. */
  weight(name: string): TensorProto | undefined {
    const tensor = this.initializers.get(name)
    return tensor?.dataType === DataType.FLOAT ? tensor : undefined
  }

  isQuantized(name: string): boolean {
    return (
      this.tensors.has(name) || this.parts.dequantizers.has(name) || this.biases.some(({bias}) => bias.name === name)
    )
  }

  /** The axis of a weight's channels; undefined where it gets one scale. */
  channelAxis(name: string, axis: number): number | undefined {
    const {perChannel = true} = this.options
    const rank = this.initializers.get(name)?.dims.length ?? 0
    return perChannel && axis < rank ? axis : undefined
  }

  /** Marks a tensor of activations; initializers too, in the type of activations. Says whether it can be. */
  markActivation(name: string): boolean {
    if (!this.#canBe(name)) return false
    if (!this.tensors.has(name)) this.tensors.set(name, {kind: 'activation'})
    return true
  }

  /** Marks a weight; a tensor that is none as an activation. */
  markWeight(name: string, axis?: number): boolean {
    if (this.weight(name) === undefined) return this.markActivation(name)
    if (axis !== undefined || !this.tensors.has(name)) this.tensors.set(name, {kind: 'weight', axis})
    return true
  }

  /** Marks an output that has the values of an input, and so its scale. */
  markShared(output: string, input: string): boolean {
    if (!this.#canBe(output)) return false
    this.tensors.set(output, {kind: 'activation', sharedWith: input})
    return true
  }

  markBias(node: NodeProto, {alpha = 1, beta = 1}: {alpha?: number; beta?: number} = {}): void {
    const [input = '', weight = '', name = ''] = node.input
    const bias = this.weight(name)
    if (this.options.quantizeBias === false || bias === undefined) return
    this.biases.push({node, bias, input, weight, alpha, beta})
  }

  /**
   * Removes a node which does nothing but limit what its input's maker makes, where that has no other reader: integers of
   * its output's range end where it does.
   */
  remove(node: NodeProto): boolean {
    const [input = ''] = node.input
    const [output = ''] = node.output
    const range = this.rangeOf(output)
    if (range === undefined || this.#readers.get(input) !== 1 || this.#borders.has(input)) return false
    if (this.initializers.has(input) || this.parts.dequantizers.has(input)) return false
    if (this.parts.quantized.has(output)) return false
    const limits = limitsOf(node, this.initializers)
    if (limits === undefined || range.lowest < limits.lowest || range.highest > limits.highest) return false
    // Integers always reach to zero.
    if (limits.lowest > 0 || limits.highest < 0) return false
    this.tensors.delete(input)
    this.renamed.set(input, output)
    this.removed.add(node)
    return true
  }

  #canBe(name: string): boolean {
    if (this.parts.dequantizers.has(name) || this.parts.quantized.has(name)) return false
    const tensor = this.initializers.get(name)
    return (tensor?.dataType ?? this.#types.get(name)) === DataType.FLOAT
  }
}

function countReaders({node: nodes}: GraphProto): Map<string, number> {
  const counts = new Map<string, number>()
  for (const node of nodes)
    for (const name of [...node.input, ...[...readsOf(node)].filter(one => !node.input.includes(one))])
      counts.set(name, (counts.get(name) ?? 0) + 1)
  return counts
}
