import {LinguluError} from '../errors.js'
import {HalfRewriter} from './half-rewriter.js'
import {withGraph} from './map-graphs.js'
import type {Model} from './model.js'
import {opsetOf} from './opset.js'
import {modelGraphs} from './visit.js'

export interface Float16Options {
  /** Inputs and outputs stay float32, behind Casts: all, none, or those named. Default true: callers need not change. */
  readonly keepIoTypes?: boolean | readonly string[] | undefined
  /** Operators that stay in float32, between Casts. Default {@link FLOAT32_OPERATORS}. */
  readonly blockedOpTypes?: readonly string[] | undefined
  /** Nodes that do, by name or, where they have none, first output; `*` stands for any characters. */
  readonly blockedNodes?: readonly string[] | undefined
  /** What to do about `blockedNodes` that no node is: see NodeSelection. */
  readonly unmatched?: 'refuse' | 'ignore' | undefined
}

/** Operators without halves, or too coarse with them: the reference's list. */
export const FLOAT32_OPERATORS: readonly string[] = [
  ...['ArrayFeatureExtractor', 'Binarizer', 'CastMap', 'CategoryMapper', 'DictVectorizer', 'FeatureVectorizer'],
  ...['Imputer', 'LabelEncoder', 'LinearClassifier', 'LinearRegressor', 'Normalizer', 'OneHotEncoder'],
  ...['RandomUniformLike', 'SVMClassifier', 'SVMRegressor', 'Scaler', 'TreeEnsembleClassifier'],
  ...['TreeEnsembleRegressor', 'TreeEnsemble', 'ZipMap', 'NonMaxSuppression', 'TopK', 'RoiAlign', 'Range', 'CumSum'],
  ...['Min', 'Max', 'Upsample'],
]

const DYNAMIC = new Set(['DynamicQuantizeLinear', 'MatMulInteger', 'ConvInteger'])
/** The first opset whose QuantizeLinear takes halves. */
const HALF_QUANTIZE_OPSET = 19

/**
 * Half precision: float32 weights and activations become float16, as onnxruntime.transformers.float16 does it, in
 * subgraphs too. Weights beyond ±65504 are clamped, and none but zero becomes zero. Weights are converted when the model
 * is written, so memory does not grow with them.
 *
 * Unlike there, constants of `value_float` and `ConstantOfShape` without a value become halves too, each Cast is made
 * once and stands before its readers, and float32 inputs go straight to nodes that stay float32.
 *
 * @throws LinguluError MODEL_INVALID for quantized models, whose sums of integers are beyond halves; OPTION_UNSUPPORTED for
 *   `blockedNodes` that match nothing
 */
export function convertToFloat16(model: Model, options: Float16Options = {}): Model {
  const {graph} = model.proto
  if (graph === undefined) return model
  refuseQuantized(model)
  const rewriter = new HalfRewriter(model, {
    keepIoTypes: options.keepIoTypes ?? true,
    blockedOpTypes: new Set(options.blockedOpTypes ?? FLOAT32_OPERATORS),
    blockedNodes: options.blockedNodes ?? [],
    unmatched: options.unmatched,
    opset: opsetOf(model.proto),
  })
  const proto = withGraph(model.proto, rewriter.rewriteMain(graph))
  return {proto, weights: new Map([...model.weights, ...rewriter.weights])}
}

function refuseQuantized({proto}: Model): void {
  const early = opsetOf(proto) < HALF_QUANTIZE_OPSET
  for (const graph of modelGraphs(proto))
    for (const {opType} of graph.node)
      if (DYNAMIC.has(opType) || (early && (opType === 'QuantizeLinear' || opType === 'DequantizeLinear')))
        throw new LinguluError('MODEL_INVALID', `The model is quantized already (it has ${opType}).`, {
          hint: 'Convert the float32 model that it was made from.',
        })
}
