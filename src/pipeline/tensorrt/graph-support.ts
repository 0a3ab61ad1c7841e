import {LinguluError} from '../errors.js'
import type {ModelProto} from '../onnx/onnx-ml_pb.js'
import {modelGraphs} from '../onnx/visit.js'
import {graphInputs, hasOperator} from './graph-inputs.js'

/** What a graph is for; it decides the sizes of its inputs. */
export type GraphRole =
  | 'whisper-encoder'
  | 'whisper-first-pass'
  | 'whisper-later-pass'
  | 'waveform'
  | 'filter-bank'
  | 'other'

/** Told by the names of the inputs, which all exports have in common; a file may be called anything. */
export function graphRole(proto: ModelProto): GraphRole {
  const names = new Set(graphInputs(proto).map(({name}) => name))
  if (names.has('input_ids')) {
    const hasPast = [...names].some(name => name.startsWith('past_key_values.'))
    return hasPast ? 'whisper-later-pass' : 'whisper-first-pass'
  }
  if (names.has('input_values')) return 'waveform'
  if (!names.has('input_features')) return 'other'
  // CTC models of filter banks have the frames before the features, and often a mask.
  const [, second, third] = graphInputs(proto).find(({name}) => name === 'input_features')?.dimensions ?? []
  const framesFirst = typeof second === 'string' && typeof third === 'number' && second !== 'feature_size'
  return names.has('attention_mask') || framesFirst ? 'filter-bank' : 'whisper-encoder'
}

const SPLIT_HINT =
  'Give a split decoder (decoder_model.onnx and decoder_with_past_model.onnx): `lingulu export … --layout split` makes one.'
const DYNAMICALLY_QUANTIZED = ['DynamicQuantizeLinear', 'MatMulInteger', 'ConvInteger']

/**
 * Refuses graphs of which it is known that TensorRT cannot build them, instead of minutes later by a message about a node:
 * merged decoders (an `If` whose branches give caches of different sizes), loops over a growing cache (TensorRT's loops
 * carry values of one size), operators of ONNX Runtime's own, and quantization with ranges found at run time.
 *
 * @throws LinguluError OPTION_UNSUPPORTED with the model to take instead
 */
export function checkSupport(proto: ModelProto, path: string): void {
  const refuse = (problem: string, hint: string) =>
    new LinguluError('OPTION_UNSUPPORTED', `${path} cannot become a TensorRT engine: ${problem}.`, {hint})
  if (graphInputs(proto).some(({name}) => name === 'use_cache_branch'))
    throw refuse('it is a merged decoder, an If whose branches give tensors of different sizes', SPLIT_HINT)
  for (const graph of modelGraphs(proto)) {
    if (hasOperator(graph, 'Loop') && graphInputs(proto).some(({name}) => name.startsWith('cross_key.')))
      throw refuse(
        'it is a fused decoder, a Loop over a cache that grows; TensorRT’s loops carry tensors of one size',
        SPLIT_HINT,
      )
    const dynamic = graph.node.find(({opType}) => DYNAMICALLY_QUANTIZED.includes(opType))
    if (dynamic !== undefined)
      throw refuse(
        `its activations are quantized with ranges found at run time (${dynamic.opType})`,
        'Give the float model, or one with QuantizeLinear and DequantizeLinear (static quantization).',
      )
    const foreign = graph.node.find(({domain}) => domain === 'com.microsoft')
    if (foreign !== undefined)
      throw refuse(
        `it has operators of ONNX Runtime (${foreign.opType})`,
        'Give the model before its weights were quantized or its graph optimized, as `lingulu export` makes it with --layout split (Whisper) or huggingface (others).',
      )
  }
}
