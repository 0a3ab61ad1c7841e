import type {Value} from '../../../onnx/graph-builder.js'
import type {KeysAndValues} from '../blocks.js'
import type {WhisperConfig} from '../config.js'
import {searchBeams} from './beams.js'
import {candidatesOf} from './candidates.js'
import {decoderLayers} from './decoder-layers.js'
import {firstOutputs} from './first-step.js'
import {suppress} from './logit-rules.js'
import type {LoopState} from './loop-state.js'
import {floatKind, integerKind, type Operators} from './operators.js'
import {nextRows, type Rows, rowsOf} from './rows.js'
import {type ChoiceInputs, sample} from './sampling.js'
import type {Settings} from './settings.js'

export interface StepContext {
  readonly config: WhisperConfig
  readonly settings: Settings
  readonly cross: readonly KeysAndValues[]
  /** [windows, −1, heads, size of a head]. */
  readonly folded: Value
  readonly heads: readonly (readonly [layer: number, head: number])[]
}

export interface StepOutputs {
  readonly state: LoopState
  /** Whether there is another step, []. */
  readonly goesOn: Value
  /** `chosen`, `sources`, `scores`, `ended`. */
  readonly records: readonly Value[]
}

/** Far enough below every score, and within the range of halves. */
const MASKED = -65504

/** One step: the tokens that are not in the cache yet go through the decoder, and each row gets its next one. */
export function decodingStep(scope: Operators, step: Value, state: LoopState, context: StepContext): StepOutputs {
  const {config, settings, cross, heads} = context
  const {vocab_size: vocabulary} = config
  const rows = rowsOf(scope, state.rows)
  const isFirst = scope.equal(step, scope.integer(0))
  const {embedded, fed, mask} = embed(scope, state, rows, config)
  const unfolded = scope.concat([scope.size(fed, 0), scope.integers(-1, config.d_model)], 0)
  const sizes = {width: config.d_model, heads: config.decoder_attention_heads, folded: context.folded, unfolded}
  const self = {reordered: state.reordered, order: state.order, mask}
  const aligned = scope.and(isFirst, settings.wantAlignment)
  const decoded = decoderLayers(scope, embedded, {past: state.caches, cross, self, sizes, heads, aligned}, config)
  const logits = logitsAt(scope, decoded.states, state.places, config)
  const first = {isFirst, logits, places: state.places, attentions: decoded.attentions, fed, heads}
  const outputs = firstOutputs(scope, first, state, settings)
  const last = {logits, places: state.places, tokens: state.tokens, rows, isFirst}
  const candidates = candidatesOf(scope, suppress(scope, last, settings, vocabulary), rows, settings)
  const search = {candidates, rows, sums: state.sums, endedCounts: state.endedCounts, step}
  const [chosen = '', sources = '', sums = '', ended = '', endedCounts = ''] = choose(
    scope,
    search,
    settings,
    vocabulary,
  )
  const next = nextRows(scope, state.rows, {chosen, sources}, settings)
  const tokens = scope.concat([scope.gather(state.tokens, sources), scope.unsqueeze(chosen, 1)], 1)
  const counts = [state.tokens, tokens].map(value => scope.size(value, 0))
  const grew = scope.not(scope.equal(counts[0] ?? '', counts[1] ?? ''))
  return {
    state: {
      tokens,
      places: scope.expand(scope.integers(0), scope.concat([counts[1] ?? '', scope.integers(1)], 0)),
      rows: next.rows,
      sums,
      reordered: scope.scalar(scope.or(settings.beam, grew)),
      order: sources,
      endedCounts,
      ...outputs,
      caches: decoded.present,
    },
    goesOn: goesOn(scope, next, {endedCounts}, settings),
    records: [chosen, sources, sums, ended],
  }
}

function choose(scope: Operators, inputs: ChoiceInputs, settings: Settings, vocabulary: number): Value[] {
  const [rows, windows] = ['chosen_rows', 'windows']
  const kinds = [integerKind(rows), integerKind(rows), floatKind(rows), floatKind(rows), integerKind(windows)]
  const values = ({chosen, sources, sums, ended, endedCounts}: ReturnType<typeof sample>) => [
    ...[chosen, sources, sums],
    ...[ended, endedCounts],
  ]
  return scope.when(
    settings.beam,
    kinds,
    inner => values(searchBeams(inner, inputs, settings)),
    inner => values(sample(inner, inputs, settings, vocabulary)),
  )
}

/** Embeddings of the tokens that are not in the cache yet, and what each of them may look at. */
function embed(scope: Operators, {tokens, caches}: LoopState, {start}: Rows, config: WhisperConfig) {
  const {d_model: width, vocab_size: vocabulary, max_target_positions: positions} = config
  const past = scope.size(caches[0]?.key ?? '', 2)
  const end = scope.size(tokens, 1)
  const fed = scope.slice(tokens, 1, past, end)
  const columns = scope.range(scope.scalar(end))
  const own = scope.range(scope.scalar(end), scope.scalar(past))
  const table = scope.weights.take('model.decoder.embed_positions.weight', [positions, width])
  const embedding = scope.weights.take('model.decoder.embed_tokens.weight', [vocabulary, width])
  const places = scope.greatest(scope.subtract(own, start), scope.integer(0))
  const embedded = scope.add(scope.gather(embedding, fed), scope.gather(table, places))
  // [rows, 1, tokens, columns]. What stands before the first token of a row looks at itself, so that it stays finite.
  const query = scope.unsqueeze(own, 1)
  const from = scope.least(scope.reshape(start, -1, 1, 1, 1), query)
  const isHidden = scope.or(scope.greater(columns, query), scope.less(columns, from))
  return {embedded, fed, mask: scope.where(isHidden, scope.float(MASKED), scope.float(0))}
}

/** Logits of the wanted places, [rows × places, vocabulary]. Tied ones share the embedding, which Gemm takes as it is. */
function logitsAt(scope: Operators, states: Value, places: Value, config: WhisperConfig): Value {
  const {d_model: width, vocab_size: vocabulary, tie_word_embeddings: tied} = config
  const {weights, graph} = scope
  const isTied = tied || !weights.has('proj_out.weight')
  const firsts = scope.multiply(scope.range(scope.scalar(scope.size(states, 0))), scope.size(states, 1))
  const indices = scope.reshape(scope.add(scope.unsqueeze(firsts, 1), places), -1)
  const wanted = scope.gather(scope.reshape(states, -1, width), indices)
  const name = isTied ? 'model.decoder.embed_tokens.weight' : 'proj_out.weight'
  const attributes = {transB: 1}
  return graph.node('Gemm', [wanted, weights.take(name, [vocabulary, width])], {name: 'proj_out', attributes})
}

/** Fewer windows than `exit_at` are done: all their rows, or, of a beam search, enough candidates. */
function goesOn(
  scope: Operators,
  {remaining, finished}: ReturnType<typeof nextRows>,
  {endedCounts}: {readonly endedCounts: Value},
  {beam, wanted, exitAt}: Settings,
): Value {
  const zero = scope.integer(0)
  const isAlive = scope.toIntegers(scope.and(scope.equal(finished, zero), scope.greater(remaining, zero)))
  const perWindow = scope.concat([scope.node('Shape', [endedCounts]), scope.integers(-1)], 0)
  const alive = scope.node('ReduceSum', [scope.reshapeTo(isAlive, perWindow), scope.integers(1)], {keepdims: 0})
  const isDone = scope.or(scope.equal(alive, zero), scope.and(beam, scope.atLeast(endedCounts, wanted)))
  const done = scope.node('ReduceSum', [scope.toIntegers(isDone), scope.integers(0)], {keepdims: 0})
  return scope.less(done, exitAt)
}
