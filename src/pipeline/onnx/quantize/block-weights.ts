import {createHash} from 'node:crypto'
import {withGraph} from '../map-graphs.js'
import {type Model, memorySource, type WeightSource} from '../model.js'
import {integerAttribute, makeNode} from '../nodes.js'
import {TensorProto_DataType as DataType, type GraphProto, type NodeProto, type TensorProto} from '../onnx-ml_pb.js'
import {withDomain} from '../opset.js'
import {definitionsOf} from '../outer-values.js'
import {removeInitializerInputs} from '../remove-initializer-inputs.js'
import {removeUnused} from '../remove-unused.js'
import {weightTensor} from '../tensor.js'
import {shapeOf} from '../tensor-values.js'
import {modelGraphs} from '../visit.js'
import type {BlockBits, BlockFormat, BlockSize} from './blocks.js'
import {quantizeBlocksInPieces} from './blocks-pieces.js'
import type {QuantizedNode} from './dynamic.js'
import {finiteInPieces} from './finite.js'
import {type ProductWeight, productWeight} from './product-weight.js'
import {rewriteGraph} from './rewrite-graph.js'
import type {Scope} from './scope.js'
import {type NodeSelection, type NodeSelector, nodeName, selectNodes} from './select-nodes.js'
import {TransposeScope} from './transpose-scope.js'

export interface BlockOptions extends NodeSelection {
  readonly bits: BlockBits
  /** Values that share a scale. Default 32 for 4 bits, 128 for 8. */
  readonly blockSize?: BlockSize | undefined
  /** No zero points. Default true. */
  readonly symmetric?: boolean | undefined
  /** 4: products in int8, the only quick one on CPUs; 1: in float32; 0: whatever the provider likes. Default 4. */
  readonly accuracyLevel?: 0 | 1 | 2 | 3 | 4 | undefined
}

export const BLOCK_OPERATORS = ['MatMul', 'Gemm', 'Gather'] as const
const DEFAULT_OPERATORS = ['MatMul', 'Gemm']
const MICROSOFT = 'com.microsoft'

/**
 * Weight-only quantization: matrices become 4 or 8 bits with a scale for each block, products `MatMulNBits` and, with
 * `Gather` among the operators, tables `GatherBlockQuantized`. Activations stay floats. Integers, scales and zero points
 * are bit-equal to those of onnxruntime.quantization's MatMulNBitsQuantizer (default algorithm); tables are quantized
 * as products are, so that an embedding that is also the last product has its bytes once (in files with external data).
 *
 * @throws LinguluError MODEL_INVALID for weights that are not finite; OPTION_UNSUPPORTED for a selection that matches
 *   nothing
 */
export async function quantizeBlockWeights(
  model: Model,
  options: BlockOptions,
): Promise<{readonly model: Model; readonly nodes: readonly QuantizedNode[]}> {
  const {graph} = model.proto
  if (graph === undefined) return {model, nodes: []}
  const quantizer = new BlockQuantizer(model, options)
  const proto = withGraph(model.proto, await quantizer.rewrite(graph))
  const {nodes} = quantizer
  if (nodes.length === 0) return {model, nodes}
  const weights = new Map([...model.weights, ...quantizer.weights])
  const reduced = removeUnused({proto: withDomain(proto, MICROSOFT, 1), weights})
  return {model: removeInitializerInputs(reduced, graph), nodes}
}

/** A matrix in blocks along the depth of the product: one row for each of its columns. */
interface Packed {
  readonly rows: number
  readonly depth: number
  readonly blocks: number
  /** Of the integers, in the model's weights. */
  readonly key: string
  /** Initializers of the integers by their shape: products and tables see the same bytes differently. */
  readonly values: Map<string, string>
  /** Names of the scales and, if there are any, of the zero points. */
  readonly parameters: readonly string[]
}

class BlockQuantizer {
  readonly weights = new Map<string, WeightSource>()
  readonly nodes: QuantizedNode[] = []
  readonly #model: Model
  readonly #format: BlockFormat
  readonly #accuracyLevel: number
  readonly #isSelected: NodeSelector
  readonly #names: Set<string>
  readonly #packed = {turned: new Map<TensorProto, Packed>(), straight: new Map<TensorProto, Packed>()}

  constructor(model: Model, options: BlockOptions) {
    const {bits, blockSize = bits === 4 ? 32 : 128, symmetric = true, accuracyLevel = 4} = options
    this.#model = model
    this.#format = {bits, blockSize, symmetric}
    this.#accuracyLevel = accuracyLevel
    this.#isSelected = selectNodes(model, options, {defaults: DEFAULT_OPERATORS, all: BLOCK_OPERATORS})
    this.#names = new Set([...modelGraphs(model.proto)].flatMap(graph => [...definitionsOf(graph)]))
  }

  rewrite(graph: GraphProto): Promise<GraphProto> {
    return rewriteGraph<TransposeScope>(graph, {
      openScope: (inner, outer) => new TransposeScope(inner, outer),
      replace: (node, scope) => this.#replace(node, scope),
    })
  }

  async #replace(node: NodeProto, scope: TransposeScope): Promise<NodeProto[] | undefined> {
    if (!this.#isSelected(node)) return undefined
    const matrix = node.opType === 'Gather' ? this.#tableOf(node, scope) : productWeight(node, scope)
    if (matrix === undefined || !isMatrix(matrix.tensor)) return undefined
    this.nodes.push({name: nodeName(node), opType: node.opType, weight: matrix.tensor.name})
    const packed = await this.#pack(matrix)
    return node.opType === 'Gather' ? [this.#gather(node, matrix, packed)] : this.#product(node, matrix, packed)
  }

  #tableOf(node: NodeProto, scope: TransposeScope): ProductWeight | undefined {
    const found = scope.find(node.input[0] ?? '')
    if (found === undefined || !isMatrix(found.tensor) || integerAttribute(node, 'axis', 0) !== 0) return undefined
    // A table has no room at the ends of its rows.
    const [, depth = 0] = shapeOf(found.tensor)
    return depth % this.#format.blockSize === 0 ? {...found, turned: true} : undefined
  }

  #gather(node: NodeProto, matrix: ProductWeight, packed: Packed): NodeProto {
    const {bits, blockSize} = this.#format
    const values = this.#valuesOf(packed, matrix, [packed.rows, (packed.depth * bits) / 8])
    const inputs = [values, node.input[1] ?? '', ...packed.parameters]
    const attributes = {gather_axis: 0, quantize_axis: 1, block_size: blockSize, bits}
    const name = `${nodeName(node)}_Q${bits}`
    return makeNode('GatherBlockQuantized', inputs, node.output, {name, domain: MICROSOFT, attributes})
  }

  #product(node: NodeProto, matrix: ProductWeight, packed: Packed): NodeProto[] {
    const {bits, blockSize} = this.#format
    const values = this.#valuesOf(packed, matrix, [packed.rows, packed.blocks, (blockSize * bits) / 8])
    const [output = ''] = node.output
    const bias = node.opType === 'Gemm' ? (node.input[2] ?? '') : ''
    const made = bias === '' ? output : this.#unique(`${output}_MatMul`)
    const inputs = [node.input[0] ?? '', values, ...packed.parameters]
    const level = this.#accuracyLevel
    const attributes = {
      K: packed.depth,
      N: packed.rows,
      bits,
      block_size: blockSize,
      ...(level === 0 ? {} : {accuracy_level: level}),
    }
    const name = `${nodeName(node)}_Q${bits}`
    const product = makeNode('MatMulNBits', inputs, [made], {name, domain: MICROSOFT, attributes})
    return bias === '' ? [product] : [product, makeNode('Add', [made, bias], [output], {name: `${nodeName(node)}_Add`})]
  }

  async #pack({tensor, owner, turned}: ProductWeight): Promise<Packed> {
    const done = turned ? this.#packed.turned : this.#packed.straight
    const known = done.get(tensor)
    if (known !== undefined) return known
    const [first = 0, second = 0] = shapeOf(tensor)
    const [rows, depth] = turned ? [first, second] : [second, first]
    const {blocks, values, scales, zeroPoints} = await finiteInPieces(tensor, () =>
      quantizeBlocksInPieces(this.#model, tensor, turned, this.#format),
    )
    const parameters = [this.#add(owner, `${tensor.name}_scales`, DataType.FLOAT, [rows, blocks], bytesIn(scales))]
    if (zeroPoints !== undefined) {
      const shape = [rows, Math.ceil((blocks * this.#format.bits) / 8)]
      parameters.push(this.#add(owner, `${tensor.name}_zero_points`, DataType.UINT8, shape, zeroPoints))
    }
    const packed = {rows, depth, blocks, key: this.#store(values), values: new Map<string, string>(), parameters}
    done.set(tensor, packed)
    return packed
  }

  #valuesOf({values, key}: Packed, {tensor, owner}: ProductWeight, shape: readonly number[]): string {
    const known = values.get(shape.join())
    if (known !== undefined) return known
    const name = this.#unique(`${tensor.name}_Q${this.#format.bits}`)
    values.set(shape.join(), name)
    owner.added.push(weightTensor(name, DataType.UINT8, shape, {key, source: this.#source(key)}))
    return name
  }

  #add(owner: Scope, wanted: string, type: DataType, shape: readonly number[], bytes: Uint8Array): string {
    const name = this.#unique(wanted)
    const key = this.#store(bytes)
    owner.added.push(weightTensor(name, type, shape, {key, source: this.#source(key)}))
    return name
  }

  /** Equal bytes have one key: exporters write tied embeddings twice, once as they are and once transposed. */
  #store(bytes: Uint8Array): string {
    const key = `sha256:${createHash('sha256').update(bytes).digest('hex')}`
    if (!this.weights.has(key)) this.weights.set(key, memorySource(bytes))
    return key
  }

  #source(key: string): WeightSource {
    return this.weights.get(key) ?? memorySource(new Uint8Array(0))
  }

  #unique(wanted: string): string {
    let name = wanted
    for (let count = 1; this.#names.has(name); count++) name = `${wanted}_${count}`
    this.#names.add(name)
    return name
  }
}

const bytesIn = ({buffer, byteOffset, byteLength}: Float32Array): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength)

const isMatrix = ({dataType, dims}: TensorProto): boolean =>
  dataType === DataType.FLOAT && dims.length === 2 && dims.every(size => size > 0n)
