import {GraphBuilder} from '../../../onnx/graph-builder.js'
import type {Model} from '../../../onnx/model.js'
import {TensorProto_DataType as DataType} from '../../../onnx/onnx-ml_pb.js'
import {boolTensor, floatTensor} from '../../../onnx/tensor.js'
import {FUSED_DOMAINS} from '../../fused-domains.js'
import type {GraphContext} from '../../graph-context.js'
import {GraphWeights} from '../../graph-weights.js'
import type {KeysAndValues} from '../blocks.js'
import type {WhisperConfig} from '../config.js'
import {type LoopState, stateFrom, stateInputs, stateOutputs, stateValues} from './loop-state.js'
import {floatKind, Operators} from './operators.js'
import {firstRows, rowsOf} from './rows.js'
import {type Settings, settingsOf} from './settings.js'
import {decodingStep, type StepContext} from './step.js'

/** [layer, head] pairs. */
export type AlignmentHeads = readonly (readonly [layer: number, head: number])[]

/**
 * `decoder_fused.onnx`: the decoder in one loop over steps, with logit filters and search; docs/models.md describes its
 * inputs and outputs.
 *
 * @param alignmentHeads whose cross-attention follows the speech; default: all of the upper half of the layers
 */
export function buildFusedDecoder(
  config: WhisperConfig,
  {checkpoint, used, build}: GraphContext,
  alignmentHeads?: AlignmentHeads,
): Model {
  const graph = new GraphBuilder('decoder_fused')
  const main = new Operators(graph, new GraphWeights(graph, checkpoint, used))
  const {decoder_attention_heads: heads, d_model: width, max_source_positions: positions} = config
  const cross = cacheInputs(main, 'cross', ['windows', heads, positions, width / heads], config)
  const settings = settingsOf(main, config.vocab_size)
  const initial = initialState(main, settings, config)
  const windows = main.size(cross[0]?.key ?? '', 0)
  const folded = main.concat([windows, main.integers(-1, heads, width / heads)], 0)
  const context = {config, settings, cross, folded, heads: alignmentHeads ?? upperHeads(config)}
  const values = stateValues(initial)
  const inputs = [settings.maxSteps, main.graph.constant(boolTensor('condition', [true], [])), ...values]
  const results = graph.nodes('Loop', inputs, values.length + RECORDS.length, {
    name: 'steps',
    attributes: {body: loopBody(main, context)},
  })
  outputState(main, stateFrom(results.slice(0, values.length)), config)
  for (const [index, {name, type}] of RECORDS.entries())
    graph.output(results[values.length + index] ?? '', type, ['steps_taken', 'next_rows'], name)
  return graph.build({...build, domains: {...build.domains, ...FUSED_DOMAINS}})
}

const RECORDS = [
  {name: 'chosen', type: DataType.INT64},
  {name: 'sources', type: DataType.INT64},
  {name: 'scores', type: DataType.FLOAT},
  {name: 'ended', type: DataType.FLOAT},
]

function loopBody(main: Operators, context: StepContext) {
  const graph = new GraphBuilder('step', main.graph)
  const scope = new Operators(graph, main.weights)
  const step = graph.input('step_number', DataType.INT64, [])
  graph.input('step_condition', DataType.BOOL, [])
  const {state, goesOn, records} = decodingStep(scope, step, stateInputs(scope, context.config), context)
  graph.output(goesOn, DataType.BOOL, [])
  stateOutputs(scope, state, context.config)
  for (const [index, {type}] of RECORDS.entries()) graph.output(records[index] ?? '', type, ['record_rows'])
  return graph.graph()
}

function cacheInputs(
  {graph}: Operators,
  name: string,
  shape: readonly (number | string)[],
  {decoder_layers: layers}: WhisperConfig,
): KeysAndValues[] {
  return Array.from({length: layers}, (_, layer) => ({
    key: graph.input(`${name}_key.${layer}`, DataType.FLOAT, shape),
    value: graph.input(`${name}_value.${layer}`, DataType.FLOAT, shape),
  }))
}

function initialState(main: Operators, settings: Settings, config: WhisperConfig): LoopState {
  const {decoder_attention_heads: heads, d_model: width} = config
  const {graph} = main
  const {tokens, rows} = firstRows(main, settings)
  const empty = (...shape: number[]) => graph.constant(floatTensor('empty', [], shape))
  return {
    tokens,
    rows,
    places: graph.input('positions', DataType.INT64, ['rows', 'places']),
    sums: graph.input('sums', DataType.FLOAT, ['rows']),
    reordered: graph.constant(boolTensor('in_order', [false], [])),
    order: main.integers(0),
    endedCounts: graph.input('ended_counts', DataType.INT64, ['windows']),
    noSpeech: empty(0),
    logits: empty(0, 0, 0),
    alignment: empty(0, 0, 0, 0),
    caches: cacheInputs(main, 'past', ['rows', heads, 'past', width / heads], config),
  }
}

function outputState(main: Operators, state: LoopState, config: WhisperConfig): void {
  const {decoder_attention_heads: heads, d_model: width} = config
  const {graph} = main
  graph.output(state.noSpeech, DataType.FLOAT, ['rows'], 'no_speech')
  graph.output(state.logits, DataType.FLOAT, ['logit_rows', 'logit_places', 'logit_tokens'], 'logits')
  graph.output(state.alignment, DataType.FLOAT, ['alignment_rows', 'heads', 'tokens_fed', 'positions'], 'alignment')
  const {sampled, remaining, finished} = rowsOf(main, state.rows)
  const flat = (value: string) => main.reshape(value, -1)
  graph.output(state.tokens, DataType.INT64, ['next_rows', 'next_columns'], 'tokens_out')
  graph.output(state.sums, DataType.FLOAT, ['next_rows'], 'sums_out')
  graph.output(main.toTruth(flat(finished)), DataType.BOOL, ['next_rows'], 'finished_out')
  graph.output(state.endedCounts, DataType.INT64, ['windows'], 'ended_counts_out')
  graph.output(flat(remaining), DataType.INT64, ['next_rows'], 'remaining_out')
  graph.output(flat(sampled), DataType.INT64, ['next_rows'], 'sampled_out')
  // The last step has not put its cache into the order of its rows.
  const shape = ['next_rows', heads, 'next_past', width / heads]
  const caches = state.caches.flatMap(({key, value}) => [key, value])
  const ordered = main.when(
    state.reordered,
    caches.map(() => floatKind(...shape)),
    inner => caches.map(cache => inner.gather(cache, state.order)),
    inner => caches.map(inner.same),
  )
  for (const [index, value] of ordered.entries())
    graph.output(value, DataType.FLOAT, shape, `present_${index % 2 === 0 ? 'key' : 'value'}.${index >> 1}`)
}

/** openai/whisper takes all heads of the upper half of the layers where a model does not say. */
function upperHeads({decoder_layers: layers, decoder_attention_heads: heads}: WhisperConfig): AlignmentHeads {
  const upper = Array.from({length: layers}, (_, layer) => layer).slice(layers >> 1)
  return upper.flatMap(layer => Array.from({length: heads}, (_, head) => [layer, head] as const))
}
