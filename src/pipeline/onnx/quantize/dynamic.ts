import {copyMessage} from '../copy-message.js'
import {withGraph} from '../map-graphs.js'
import {type Model, memorySource, type WeightSource} from '../model.js'
import {makeNode} from '../nodes.js'
import {TensorProto_DataType as DataType, type GraphProto, type NodeProto, type TensorProto} from '../onnx-ml_pb.js'
import {requireOpset} from '../opset.js'
import {definitionsOf} from '../outer-values.js'
import {removeInitializerInputs} from '../remove-initializer-inputs.js'
import {removeUnused} from '../remove-unused.js'
import {bytesTensor, floatTensor, weightTensor} from '../tensor.js'
import {shapeOf} from '../tensor-values.js'
import {modelGraphs} from '../visit.js'
import type {AffineOptions, IntegerType} from './affine.js'
import {quantizeInPieces} from './affine-pieces.js'
import {finiteInPieces} from './finite.js'
import {type ProductWeight, productWeight} from './product-weight.js'
import {rewriteGraph} from './rewrite-graph.js'
import type {Scope} from './scope.js'
import {type NodeSelection, type NodeSelector, nodeName, selectNodes} from './select-nodes.js'
import {transpose} from './transpose.js'
import {TransposeScope} from './transpose-scope.js'

export interface DynamicOptions extends NodeSelection {
  /** Of the weights. int8 has fast kernels on CPUs with VNNI; uint8 does not. Default int8. */
  readonly weightType?: IntegerType | undefined
  /** A scale for each column of a weight matrix; batches of matrices have one. Default true. */
  readonly perChannel?: boolean | undefined
  /** For processors without VNNI. Default false. */
  readonly reduceRange?: boolean | undefined
}

/** A node that was quantized, and the weights it had. */
export interface QuantizedNode {
  readonly name: string
  readonly opType: string
  readonly weight: string
}

export const DYNAMIC_OPERATORS = ['MatMul', 'Gemm', 'Gather'] as const
const DEFAULT_OPERATORS = ['MatMul', 'Gemm']
/** The first with `DynamicQuantizeLinear`. */
const LEAST_OPSET = 11

/**
 * Dynamic int8: activations are quantized as they come (uint8, `DynamicQuantizeLinear`), weights are integers, products
 * are `MatMulInteger`; with `Gather` among the operators, its float tables become tables of uint8. Convolutions stay:
 * `ConvInteger` is slower than float. As onnxruntime.quantization.quantize_dynamic with `EnableSubgraph`; weights, scales
 * and zero points are bit-equal to its.
 *
 * @throws LinguluError MODEL_INVALID for weights that are not finite, and for models before opset 11;
 *   OPTION_UNSUPPORTED for a selection that matches nothing
 */
export async function quantizeDynamic(
  model: Model,
  options: DynamicOptions = {},
): Promise<{readonly model: Model; readonly nodes: readonly QuantizedNode[]}> {
  const {graph} = model.proto
  if (graph === undefined) return {model, nodes: []}
  requireOpset(model.proto, LEAST_OPSET, 'dynamic quantization')
  const quantizer = new DynamicQuantizer(model, options)
  const proto = withGraph(model.proto, await quantizer.rewrite(graph))
  const weights = new Map([...model.weights, ...quantizer.weights])
  return {model: removeInitializerInputs(removeUnused({proto, weights}), graph), nodes: quantizer.nodes}
}

/** The names of a value's integers, their scale and their zero point. */
interface Quantized {
  readonly values: string
  readonly scale: string
  readonly zeroPoint: string
}

class DynamicQuantizer {
  readonly weights = new Map<string, WeightSource>()
  readonly nodes: QuantizedNode[] = []
  readonly #model: Model
  readonly #options: DynamicOptions
  readonly #isSelected: NodeSelector
  readonly #names: Set<string>
  /** Weights that are done, by the tensor and how it was used. Branches beside each other may use the same names. */
  readonly #done = new Map<TensorProto, Map<string, Quantized>>()

  constructor(model: Model, options: DynamicOptions) {
    this.#model = model
    this.#options = options
    this.#isSelected = selectNodes(model, options, {defaults: DEFAULT_OPERATORS, all: DYNAMIC_OPERATORS})
    this.#names = new Set([...modelGraphs(model.proto)].flatMap(graph => [...definitionsOf(graph)]))
  }

  rewrite(graph: GraphProto): Promise<GraphProto> {
    return rewriteGraph<ActivationScope>(graph, {
      openScope: (inner, outer) => new ActivationScope(inner, outer),
      replace: (node, scope) => this.#replace(node, scope),
    })
  }

  async #replace(node: NodeProto, scope: ActivationScope): Promise<NodeProto[] | undefined> {
    if (!this.#isSelected(node)) return undefined
    const isTable = node.opType === 'Gather'
    const found = isTable ? tableOf(node, scope) : productWeight(node, scope)
    if (found === undefined) return undefined
    this.nodes.push({name: nodeName(node), opType: node.opType, weight: found.tensor.name})
    return isTable ? await this.#replaceGather(node, found) : await this.#replaceProduct(node, scope, found)
  }

  async #replaceGather(node: NodeProto, {tensor, owner}: ProductWeight): Promise<NodeProto[]> {
    const options = {type: 'uint8', symmetric: false, reduceRange: false} as const
    const table = await this.#quantizeWeight(tensor, owner, options, '')
    const output = node.output[0] ?? ''
    const integers = this.#unique(`${output}_quantized`)
    const gather = copyMessage(node)
    gather.input = [table.values, ...node.input.slice(1)]
    gather.output = [integers]
    const inputs = [integers, table.scale, table.zeroPoint]
    return [gather, makeNode('DequantizeLinear', inputs, [output], {name: `${output}_DequantizeLinear`})]
  }

  async #replaceProduct(
    node: NodeProto,
    scope: ActivationScope,
    {tensor, owner, turned}: ProductWeight,
  ): Promise<NodeProto[]> {
    const {weightType = 'int8', perChannel = true, reduceRange = false} = this.#options
    const options = {type: weightType, symmetric: weightType === 'int8', reduceRange}
    // ONNX Runtime takes a vector of zero points for matrices only, not for batches of them.
    const axis = perChannel && tensor.dims.length === 2 ? 1 : undefined
    const weight = await this.#quantizeWeight(tensor, owner, {...options, axis}, turned ? '_transposed' : '')
    const {activation, made} = this.#quantizeActivation(node.input[0] ?? '', scope)
    const name = nodeName(node)
    const [bias = ''] = node.opType === 'Gemm' ? node.input.slice(2) : []
    const output = node.output[0] ?? ''
    const product = bias === '' ? output : this.#unique(`${output}_MatMul`)
    const integers = this.#unique(`${output}_output_quantized`)
    const floats = this.#unique(`${integers}_cast_output`)
    const scales = this.#unique(`${name}_quant_scales_mul:0`)
    const nodes = [
      ...made,
      makeNode(
        'MatMulInteger',
        [activation.values, weight.values, activation.zeroPoint, weight.zeroPoint],
        [integers],
        {name: `${name}_quant`},
      ),
      makeNode('Cast', [integers], [floats], {name: `${integers}_cast`, attributes: {to: DataType.FLOAT}}),
      makeNode('Mul', [activation.scale, weight.scale], [scales], {name: `${name}_quant_scales_mul`}),
      makeNode('Mul', [floats, scales], [product], {name: `${name}_quant_output_scale_mul`}),
    ]
    if (bias !== '') nodes.push(makeNode('Add', [product, bias], [output], {name: `${name}_Add`}))
    return nodes
  }

  #quantizeActivation(value: string, scope: ActivationScope): {activation: Quantized; made: NodeProto[]} {
    const known = scope.activation(value)
    if (known !== undefined) return {activation: known, made: []}
    const activation = this.#namesFor(value)
    scope.remember(value, activation)
    const outputs = [activation.values, activation.scale, activation.zeroPoint]
    return {activation, made: [makeNode('DynamicQuantizeLinear', [value], outputs, {name: `${value}_QuantizeLinear`})]}
  }

  async #quantizeWeight(
    tensor: TensorProto,
    owner: Scope,
    options: AffineOptions & {readonly axis?: number | undefined},
    suffix: '' | '_transposed',
  ): Promise<Quantized> {
    const use = JSON.stringify([options, suffix])
    const done = this.#done.get(tensor) ?? new Map<string, Quantized>()
    this.#done.set(tensor, done)
    const known = done.get(use)
    if (known !== undefined) return known
    const shape = suffix === '' ? shapeOf(tensor) : shapeOf(tensor).reverse()
    const {axis} = options
    const stored = {...options, axis: suffix === '' || axis === undefined ? axis : 1 - axis}
    const made = await finiteInPieces(tensor, () => quantizeInPieces(this.#model, tensor, stored))
    const {values, scales, zeroPoints} = made
    const integers = suffix === '' ? values : transpose(values, shape[1] ?? 1, shape[0] ?? 1)
    const names = this.#namesFor(`${tensor.name}${suffix}`)
    const type = options.type === 'int8' ? DataType.INT8 : DataType.UINT8
    const channels = options.axis === undefined ? [] : [scales.length]
    this.weights.set(names.values, memorySource(integers))
    owner.added.push(
      weightTensor(names.values, type, shape, {key: names.values, source: memorySource(integers)}),
      floatTensor(names.scale, scales, channels),
      bytesTensor(names.zeroPoint, type, channels, zeroPoints),
    )
    done.set(use, names)
    return names
  }

  #namesFor(value: string): Quantized {
    return {
      values: this.#unique(`${value}_quantized`),
      scale: this.#unique(`${value}_scale`),
      zeroPoint: this.#unique(`${value}_zero_point`),
    }
  }

  #unique(wanted: string): string {
    let name = wanted
    for (let count = 1; this.#names.has(name); count++) name = `${wanted}_${count}`
    this.#names.add(name)
    return name
  }
}

function tableOf(node: NodeProto, scope: Scope): ProductWeight | undefined {
  const found = scope.find(node.input[0] ?? '')
  return found?.tensor.dataType === DataType.FLOAT ? {...found, turned: false} : undefined
}

/** A scope that knows which activations are integers already. */
class ActivationScope extends TransposeScope {
  readonly #activations = new Map<string, Quantized>()

  constructor(
    graph: GraphProto,
    readonly enclosing: ActivationScope | undefined,
  ) {
    super(graph, enclosing)
  }

  activation(value: string): Quantized | undefined {
    return this.#activations.get(value) ?? this.enclosing?.activation(value)
  }

  remember(value: string, activation: Quantized): void {
    this.#activations.set(value, activation)
  }
}
