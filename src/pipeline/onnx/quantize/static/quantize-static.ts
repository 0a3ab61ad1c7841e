import {LinguluError} from '../../../errors.js'
import {withGraph} from '../../map-graphs.js'
import type {Model} from '../../model.js'
import {TensorProto_DataType as DataType, type GraphProto, type TensorProto} from '../../onnx-ml_pb.js'
import {removeInitializerInputs} from '../../remove-initializer-inputs.js'
import {removeUnused} from '../../remove-unused.js'
import {floatsOf, shapeOf} from '../../tensor-values.js'
import {affineParameters, type IntegerType, type TensorParameters, tensorParameters} from '../affine.js'
import type {QuantizedNode} from '../dynamic.js'
import {finite} from '../finite.js'
import {quantizeBias, raiseScales, scaledBias} from './bias-scales.js'
import {requireStaticOpset} from './calibrated-tensors.js'
import type {BiasMark, Mark} from './marks.js'
import {planStatic, type StaticPlan} from './plan-static.js'
import type {Ranges} from './range.js'
import type {StaticOptions} from './static-options.js'
import {type Parameters, StaticRewriter} from './static-rewriter.js'

/**
 * Static int8: activations are quantized with ranges that were calibrated, weights are integers, and pairs of
 * `QuantizeLinear` and `DequantizeLinear` say so around the nodes, which stay what they are; ONNX Runtime and TensorRT make
 * integer kernels of them. As onnxruntime.quantization.quantize_static with QuantFormat.QDQ: integers, scales and zero
 * points are bit-equal to its. Unlike there, batches of matrices get one scale, the products of two activations stay
 * floats unless asked for, each node has its own integer bias, and the factors of a Gemm count in it (there `beta` is
 * lost, and `alpha` in ONNX Runtime's integer kernel).
 *
 * @param ranges of all {@link calibratedTensors} with the same options
 * @throws LinguluError MODEL_INVALID for weights that are not finite and for models that are too old; CONFIG_INVALID for a
 *   range that is missing or has no end; OPTION_UNSUPPORTED for nodes in subgraphs, for a selection that matches nothing,
 *   and for int8 activations with uint8 weights
 */
export async function quantizeStatic(
  model: Model,
  ranges: Ranges,
  options: StaticOptions = {},
): Promise<{readonly model: Model; readonly nodes: readonly QuantizedNode[]}> {
  const {graph} = model.proto
  if (graph === undefined) return {model, nodes: []}
  refuseTypes(options)
  requireStaticOpset(model, options)
  const plan = planStatic(model, graph, options, ranges)
  const {nodes} = plan
  if (nodes.length === 0) return {model, nodes}
  const quantizer = new StaticQuantizer(plan, options)
  const proto = withGraph(plan.model.proto, await quantizer.run())
  const reduced = removeUnused({proto, weights: new Map([...plan.model.weights, ...quantizer.weights])})
  return {model: removeInitializerInputs(reduced, graph), nodes}
}

function refuseTypes({activationType = 'uint8', weightType = 'int8'}: StaticOptions): void {
  if (activationType === 'uint8' || weightType === 'int8') return
  throw new LinguluError('OPTION_UNSUPPORTED', 'No kernel takes int8 activations and uint8 weights.', {
    hint: 'Take int8 weights.',
  })
}

class StaticQuantizer {
  readonly #model: Model
  readonly #plan: StaticPlan
  readonly #options: StaticOptions
  readonly #rewriter: StaticRewriter
  readonly #activationType: IntegerType
  /** Of initializers, before they are in the graph. */
  readonly #scales = new Map<string, TensorParameters>()
  readonly #parameters = new Map<string, Parameters>()

  constructor(plan: StaticPlan, options: StaticOptions) {
    const {model, graph} = plan
    this.#model = model
    this.#plan = plan
    this.#options = options
    this.#rewriter = new StaticRewriter(model, graph, plan.marks)
    this.#activationType = options.activationType ?? 'uint8'
  }

  get weights() {
    return this.#rewriter.weights
  }

  async run(): Promise<GraphProto> {
    const {marks} = this.#plan
    const initializers = [...marks.tensors].flatMap(([name, mark]) => {
      const tensor = marks.weight(name)
      return tensor === undefined ? [] : [{tensor, mark}]
    })
    for (const {tensor, mark} of initializers) this.#scales.set(tensor.name, await this.#scalesOf(tensor, mark))
    for (const bias of marks.biases) await this.#makeRoom(bias)
    for (const {tensor, mark} of initializers) await this.#placeWeight(tensor, mark)
    for (const [name, mark] of marks.tensors)
      if (mark.sharedWith === undefined && !marks.initializers.has(name)) this.#placeActivation(name)
    await this.#placeShared()
    for (const bias of marks.biases) await this.#placeBias(bias)
    return this.#rewriter.finish()
  }

  async #scalesOf(tensor: TensorProto, mark: Mark): Promise<TensorParameters> {
    const {axis} = mark
    const {reduceRange = false, symmetricActivations = false} = this.#options
    const type = this.#typeOf(mark)
    const {symmetricWeights = type === 'int8'} = this.#options
    const symmetric = axis !== undefined || (mark.kind === 'weight' ? symmetricWeights : symmetricActivations)
    const values = await floatsOf(this.#model, tensor)
    return finite(tensor, () => tensorParameters(values, shapeOf(tensor), {type, axis, symmetric, reduceRange}))
  }

  #typeOf({kind}: Mark): IntegerType {
    return kind === 'weight' ? (this.#options.weightType ?? 'int8') : this.#activationType
  }

  async #makeRoom({bias, input, weight, alpha, beta}: BiasMark): Promise<void> {
    const {marks} = this.#plan
    const mark = marks.tensors.get(weight)
    const scales = this.#scales.get(weight)
    const range = marks.tensors.has(input) ? marks.rangeOf(input) : undefined
    if (mark === undefined || scales === undefined || range === undefined) return
    if (this.#typeOf(mark) !== 'int8' || scales.zeroPoints.some(point => point !== 0)) return
    const values = scaledBias({alpha, beta}, await floatsOf(this.#model, bias))
    if (values === undefined || !fits(bias, scales.scales)) return
    const isPerChannel = mark.axis !== undefined
    raiseScales(scales.scales, values, {inputScale: this.#affine(input).scale, alpha, isPerChannel})
  }

  async #placeWeight(tensor: TensorProto, mark: Mark): Promise<void> {
    const {name} = tensor
    const scales = this.#scales.get(name)
    if (scales === undefined) return
    const parameters = this.#rewriter.parameters(name, scales, this.#typeOf(mark), mark.axis)
    this.#parameters.set(name, parameters)
    await this.#rewriter.weight(tensor, parameters, this.#options.weightPairs === true)
  }

  #placeActivation(name: string): void {
    const {scale, zeroPoint} = this.#affine(name)
    const values = {scales: Float32Array.of(scale), zeroPoints: Uint8Array.of(zeroPoint)}
    const parameters = this.#rewriter.parameters(name, values, this.#activationType)
    this.#parameters.set(name, parameters)
    this.#rewriter.activation(name, parameters)
  }

  #affine(name: string) {
    const range = this.#plan.marks.rangeOf(name)
    const shown = JSON.stringify(name)
    if (range === undefined)
      throw new LinguluError('CONFIG_INVALID', `There is no calibrated range of tensor ${shown}.`, {
        hint: 'Calibrate this model with the same options.',
      })
    const {symmetricActivations: symmetric = false} = this.#options
    const parameters = affineParameters(range.lowest, range.highest, {
      type: this.#activationType,
      symmetric,
      reduceRange: false,
    })
    if (Number.isFinite(parameters.scale) && range.lowest <= range.highest) return parameters
    throw new LinguluError(
      'CONFIG_INVALID',
      `The calibrated range of tensor ${shown} is ${range.lowest} to ${range.highest}, which has no scale.`,
      {hint: 'Check the calibration data, or leave the nodes at that tensor out.'},
    )
  }

  /** Each after the one whose scale it has. */
  async #placeShared(): Promise<void> {
    const waiting = new Map(
      [...this.#plan.marks.tensors].flatMap(([name, {sharedWith}]) =>
        sharedWith === undefined ? [] : [[name, sharedWith]],
      ),
    )
    let placed = true
    while (placed) {
      placed = false
      for (const [name, source] of waiting) {
        const parameters = await this.#parametersOf(source)
        if (parameters === undefined) continue
        waiting.delete(name)
        this.#parameters.set(name, parameters)
        this.#rewriter.activation(name, parameters)
        placed = true
      }
    }
  }

  /** Of a tensor that is quantized now, or was by an earlier step. One scale only. */
  async #parametersOf(name: string): Promise<Parameters | undefined> {
    const own = this.#parameters.get(name)
    if (own !== undefined) return own.axis === undefined ? own : undefined
    const {dequantizers} = this.#plan.marks.parts
    const {initializers} = this.#plan.marks
    const [, scale = '', zeroPoint = ''] = dequantizers.get(name)?.input ?? []
    const [scaleTensor, zeroTensor] = [initializers.get(scale), initializers.get(zeroPoint)]
    if (scaleTensor?.dataType !== DataType.FLOAT || zeroTensor === undefined) return undefined
    const scales = await floatsOf(this.#model, scaleTensor)
    if (scales.length !== 1) return undefined
    const type = zeroTensor.dataType === DataType.UINT8 ? 'uint8' : 'int8'
    return {scale, zeroPoint, scales, zeroPoints: new Uint8Array(1), type}
  }

  async #placeBias({node, bias, input, weight, alpha, beta}: BiasMark): Promise<void> {
    const from = await this.#parametersOf(input)
    const weights = this.#parameters.get(weight)
    if (from === undefined || weights === undefined || !fits(bias, weights.scales)) return
    const values = scaledBias({alpha, beta}, await floatsOf(this.#model, bias))
    if (values === undefined) return
    const quantized = finite(bias, () => quantizeBias(values, weights.scales, {inputScale: from.scales[0] ?? 0, alpha}))
    this.#rewriter.bias(node, bias, quantized)
  }
}

/** One scale is for any bias; more are for as many elements. */
const fits = ({dims}: TensorProto, {length}: Float32Array): boolean =>
  length === 1 || (dims.length === 1 && Number(dims[0]) === length)
