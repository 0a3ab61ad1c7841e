import type {Value} from '../../../onnx/graph-builder.js'
import type {KeysAndValues} from '../blocks.js'
import type {WhisperConfig} from '../config.js'
import {floatKind, integerKind, type Kind, type Operators, truthKind} from './operators.js'
import {ROW_COLUMNS} from './rows.js'

/** What one step of the loop hands to the next. */
export interface LoopState {
  /** [rows, columns]. */
  readonly tokens: Value
  /** Which of the fed tokens want logits, [rows, places]; decoding goes on after the last. */
  readonly places: Value
  /** Columns of rows.ts. */
  readonly rows: Value
  /** Sums of log-probabilities, [rows]. */
  readonly sums: Value
  /** Whether the rows are others than those of the cache, []; and which of them each continues, [rows]. */
  readonly reordered: Value
  readonly order: Value
  /** Candidates of beam search that have ended, [windows]. */
  readonly endedCounts: Value
  /** Of the first step. */
  readonly noSpeech: Value
  readonly logits: Value
  readonly alignment: Value
  /** Keys and values of the tokens. */
  readonly caches: readonly KeysAndValues[]
}

/** Two graphs beside each other must not have the same names of unequal dimensions. */
function kindsOf(
  {decoder_attention_heads: heads, d_model: width, vocab_size: vocabulary}: WhisperConfig,
  side: string,
) {
  const named = (name: string) => `${side}_${name}`
  const rows = named('rows')
  const alignment = ['rows', 'heads', 'tokens', 'positions'].map(name => named(`alignment_${name}`))
  const plain = {
    tokens: integerKind(rows, named('columns')),
    places: integerKind(rows, named('places')),
    rows: integerKind(rows, ROW_COLUMNS),
    sums: floatKind(rows),
    reordered: truthKind(),
    order: integerKind(rows),
    endedCounts: integerKind('windows'),
    noSpeech: floatKind(named('first_rows')),
    logits: floatKind(named('logit_rows'), named('logit_places'), named('logit_tokens')),
    alignment: floatKind(...alignment),
  } satisfies Record<Exclude<keyof LoopState, 'caches'>, Kind>
  return {plain, cache: floatKind(named('cache_rows'), heads, named('past'), width / heads), vocabulary}
}

const PLAIN = [
  ...(['tokens', 'places', 'rows', 'sums', 'reordered', 'order'] as const),
  ...(['endedCounts', 'noSpeech', 'logits', 'alignment'] as const),
]

export const stateValues = (state: LoopState): Value[] => [
  ...PLAIN.map(name => state[name]),
  ...state.caches.flatMap(({key, value}) => [key, value]),
]

export function stateFrom(values: readonly Value[]): LoopState {
  const [tokens = '', places = '', rows = '', sums = '', reordered = '', order = '', ...more] = values
  const [endedCounts = '', noSpeech = '', logits = '', alignment = '', ...caches] = more
  const pairs = Array.from({length: caches.length / 2}, (_, layer) => ({
    key: caches[2 * layer] ?? '',
    value: caches[2 * layer + 1] ?? '',
  }))
  return {tokens, places, rows, sums, reordered, order, endedCounts, noSpeech, logits, alignment, caches: pairs}
}

/** The state as inputs of the loop's graph. */
export function stateInputs({graph}: Operators, config: WhisperConfig): LoopState {
  const {plain, cache} = kindsOf(config, 'step')
  const input = (name: string, {type, shape}: Kind) => graph.input(name, type, shape)
  const values = PLAIN.map(name => input(`step_${name}`, plain[name]))
  const caches = Array.from({length: 2 * config.decoder_layers}, (_, index) => input(`step_cache_${index}`, cache))
  return stateFrom([...values, ...caches])
}

export function stateOutputs({graph}: Operators, state: LoopState, config: WhisperConfig): void {
  const {plain, cache} = kindsOf(config, 'next')
  const kinds = [...PLAIN.map(name => plain[name]), ...state.caches.flatMap(() => [cache, cache])]
  for (const [index, value] of stateValues(state).entries()) {
    const {type, shape} = kinds[index] ?? cache
    graph.output(value, type, shape)
  }
}
