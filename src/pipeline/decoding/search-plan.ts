import {beamSearch} from './beam-search.js'
import {type LogitRules, logitFilters} from './logit-rules.js'
import {samplingSearch} from './sampling-search.js'
import type {Search, SearchLimits} from './search.js'

interface PlanBase extends SearchLimits {
  /** α of ((5 + n) / 6)^α; undefined divides by the length. */
  readonly lengthPenalty: number | undefined
}

export interface BeamPlan extends PlanBase {
  readonly kind: 'beam'
  readonly beamSize: number
  /** Finished sequences wanted, as a multiple of the beam size (arXiv:2204.05424). */
  readonly patience: number
}

export interface SamplingPlan extends PlanBase {
  readonly kind: 'sampling'
  /** 0 takes the most probable token. */
  readonly temperature: number
  /** Independent samples; the best is kept. */
  readonly bestOf: number
  readonly topK: number | undefined
  readonly topP: number | undefined
  /** Decides, with the sample's number and the step, what is drawn. */
  readonly seed: readonly (number | string)[]
}

/** How the best continuation of a prompt is looked for. Plain data, for whoever carries the search out. */
export type SearchPlan = BeamPlan | SamplingPlan

/** Begins the search for a continuation of `prompt`, to be advanced token by token. */
export function startSearch(plan: SearchPlan, rules: LogitRules, prompt: readonly number[]): Search {
  const common = {prompt, filters: logitFilters(rules), eot: rules.eot}
  return plan.kind === 'beam' ? beamSearch({...plan, ...common}) : samplingSearch({...plan, ...common})
}

/** Rows that a search goes on with after its first step. */
export function rowsOf(plan: SearchPlan): number {
  return plan.kind === 'beam' ? plan.beamSize : plan.bestOf
}

/** Tokens that a search may sample after a prompt: as many as asked for, as long as the decoder has positions. */
export function sampledLimit({maxSampledTokens, contextLength}: SearchLimits, promptLength: number): number {
  return Math.max(1, Math.min(maxSampledTokens, contextLength - promptLength + 1))
}
