import {
  type LogitFilter,
  noRepeatNgram,
  repetitionPenalty,
  suppressBlank,
  suppressTokens,
  type TimestampRules,
  timestampRules,
} from './logit-filters.js'

/** What may be written at each step. Plain data, for whoever carries it out. */
export interface LogitRules {
  /** End of text, `<|notimestamps|>`, and the first timestamp. */
  readonly eot: number
  readonly noTimestamps: number
  readonly timestampBegin: number
  /** 1: none. */
  readonly repetitionPenalty: number
  /** No sequence of so many tokens occurs twice; 0: any may. */
  readonly noRepeatNgramSize: number
  /** Never the first sampled token. */
  readonly suppressedFirst: readonly number[]
  /** Never written. */
  readonly suppressed: readonly number[]
  /** The rules that timestamps obey; undefined where there are none to be written. */
  readonly timestamps: Pick<TimestampRules, 'maxInitialIndex'> | undefined
}

/** The rules as filters, in the order in which they act. */
export function logitFilters(rules: LogitRules): LogitFilter[] {
  const filters: LogitFilter[] = []
  if (rules.repetitionPenalty !== 1) filters.push(repetitionPenalty(rules.repetitionPenalty))
  if (rules.noRepeatNgramSize > 0) filters.push(noRepeatNgram(rules.noRepeatNgramSize))
  if (rules.suppressedFirst.length > 0) filters.push(suppressBlank(rules.suppressedFirst))
  if (rules.suppressed.length > 0) filters.push(suppressTokens(rules.suppressed))
  if (rules.timestamps !== undefined) filters.push(timestampRules({...rules, ...rules.timestamps}))
  return filters
}
