import {indexOfLargest} from '../statistics/index-of-largest.js'
import {logSumExp} from './log-sum-exp.js'
import {keepTopK, keepTopP, type LogitFilter} from './logit-filters.js'
import {bestCandidate, type Candidate, type Search, type SearchLimits} from './search.js'
import {type UniformStream, uniformStream} from './uniform-stream.js'

export interface SamplingOptions extends SearchLimits {
  readonly prompt: readonly number[]
  readonly filters: readonly LogitFilter[]
  readonly eot: number
  /** 0 takes the most probable token. */
  readonly temperature: number
  /** Independent samples; the best is kept. */
  readonly bestOf: number
  readonly topK: number | undefined
  readonly topP: number | undefined
  readonly lengthPenalty: number | undefined
  /** Decides, with the sample's number and the step, what is drawn. */
  readonly seed: readonly (number | string)[]
}

interface Row {
  readonly tokens: number[]
  readonly uniform: UniformStream
  sumLogProbability: number
  finished: boolean
}

/**
 * Greedy decoding and sampling (openai/whisper `GreedyDecoder`). Log-probabilities are those of the filtered logits,
 * without temperature, top-k or top-p.
 */
export function samplingSearch(options: SamplingOptions): Search {
  const {prompt, eot, temperature, bestOf, maxSampledTokens, contextLength} = options
  const rows: Row[] = Array.from({length: bestOf}, (_, row) => ({
    tokens: [...prompt],
    uniform: uniformStream(options.seed, row),
    sumLogProbability: 0,
    finished: false,
  }))
  let alive: Row[] = rows
  let steps = 0

  const choose = (logits: Float32Array, {uniform}: Row) =>
    temperature === 0 ? indexOfLargest(logits) : sample(logits, uniform(steps), options)

  return {
    advance(logits) {
      // The first call has one row of logits for all samples: they share the prompt.
      const shared = steps === 0
      const normalisers = logits.map((row, index) => {
        for (const filter of options.filters) filter(row, (alive[index] as Row).tokens, prompt.length)
        return logSumExp(row)
      })
      const next: {source: number; token: number; row: Row}[] = []
      for (const [index, row] of alive.entries()) {
        const source = shared ? 0 : index
        const values = logits[source] as Float32Array
        const token = choose(values, row)
        row.sumLogProbability += (values[token] as number) - (normalisers[source] as number)
        if (token === eot) row.finished = true
        else {
          row.tokens.push(token)
          next.push({source, token, row})
        }
      }
      steps++
      alive = next.map(({row}) => row)
      const full = prompt.length + steps > contextLength
      return alive.length === 0 || steps >= maxSampledTokens || full ? undefined : next
    },
    best() {
      const candidates: Candidate[] = rows.map(({tokens, sumLogProbability}) => ({
        tokens: tokens.slice(prompt.length),
        sumLogProbability,
      }))
      return bestCandidate(candidates, options.lengthPenalty)
    },
  }
}

/** Draws from softmax(logits / temperature) after top-k and top-p. */
function sample(logits: Float32Array, uniform: number, {temperature, topK, topP}: SamplingOptions): number {
  const scaled = logits.map(logit => logit / temperature)
  if (topK !== undefined) keepTopK(scaled, topK)
  if (topP !== undefined) keepTopP(scaled, topP)
  const normaliser = logSumExp(scaled)
  let remaining = uniform
  let last = 0
  for (let i = 0; i < scaled.length; i++) {
    const logit = scaled[i] as number
    if (logit === Number.NEGATIVE_INFINITY) continue
    last = i
    remaining -= Math.exp(logit - normaliser)
    if (remaining < 0) return i
  }
  return last
}
