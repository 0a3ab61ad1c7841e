import {Tensor} from 'onnxruntime-node'
import {wantedCandidates} from '../../decoding/beam-search.js'
import type {LogitRules} from '../../decoding/logit-rules.js'
import {rowsOf, type SearchPlan} from '../../decoding/search-plan.js'
import type {Tensors} from './fused-graph.js'

/** Beyond every timestamp: no limit. */
const ANY_TIMESTAMP = 1_000_000

export const integer = (value: number): Tensor => new Tensor('int64', BigInt64Array.of(BigInt(value)), [])

export const integers = (values: readonly number[], dims: readonly number[] = [values.length]): Tensor =>
  new Tensor('int64', BigInt64Array.from(values, BigInt), dims)

export const flag = (value: boolean): Tensor => new Tensor('bool', Uint8Array.of(value ? 1 : 0), [])

const number = (value: number): Tensor => new Tensor('float32', Float32Array.of(value), [])

/** The rules as inputs of the loop. `noSpeech`: the token whose probability means that nobody speaks. */
export function ruleFeeds(rules: LogitRules, noSpeech: number | undefined, vocabulary: number): Tensors {
  const {eot, noTimestamps, timestampBegin, timestamps} = rules
  return {
    suppress: banned(rules.suppressed, vocabulary),
    suppress_first: banned(rules.suppressedFirst, vocabulary),
    timestamp_rules: flag(timestamps !== undefined),
    special: integers([eot, noTimestamps, timestampBegin, noSpeech ?? eot]),
    max_initial_timestamp: integer(timestamps?.maxInitialIndex ?? ANY_TIMESTAMP),
    repetition_penalty: number(rules.repetitionPenalty),
    no_repeat_ngram: integer(rules.noRepeatNgramSize),
  }
}

/** How the search goes, as inputs of the loop; what it draws is given with each call. */
export function planFeeds(plan: SearchPlan): Tensors {
  const isBeam = plan.kind === 'beam'
  return {
    beam: flag(isBeam),
    temperature: number(isBeam ? 0 : plan.temperature),
    wanted: integer(isBeam ? wantedCandidates(plan.beamSize, plan.patience) : 1),
    group: integer(rowsOf(plan)),
  }
}

function banned(tokens: readonly number[], vocabulary: number): Tensor {
  const bias = new Float32Array(vocabulary)
  for (const token of tokens) bias[token] = Number.NEGATIVE_INFINITY
  return new Tensor('float32', bias, [vocabulary])
}
