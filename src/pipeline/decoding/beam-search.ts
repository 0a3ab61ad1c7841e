import {logSumExp} from './log-sum-exp.js'
import type {LogitFilter} from './logit-filters.js'
import {roundHalfEven} from './round-half-even.js'
import {bestCandidate, type Candidate, type Continuation, type Search, type SearchLimits} from './search.js'

export interface BeamOptions extends SearchLimits {
  readonly prompt: readonly number[]
  readonly filters: readonly LogitFilter[]
  readonly eot: number
  readonly beamSize: number
  /** Finished sequences wanted, as a multiple of the beam size (arXiv:2204.05424). */
  readonly patience: number
  readonly lengthPenalty: number | undefined
}

interface Beam {
  readonly tokens: readonly number[]
  readonly sumLogProbability: number
}

interface Extension extends Continuation {
  readonly sumLogProbability: number
}

/** Beam search as openai/whisper's `BeamSearchDecoder`, sums of log-probabilities in single precision like there. */
export function beamSearch(options: BeamOptions): Search {
  const {prompt, filters, eot, beamSize, patience, maxSampledTokens, contextLength} = options
  const wanted = wantedCandidates(beamSize, patience)
  const finished: Candidate[] = []
  let beams: readonly Beam[] = [{tokens: prompt, sumLogProbability: 0}]
  let steps = 0

  const sampled = (source: number) => (beams[source] as Beam).tokens.slice(prompt.length)

  return {
    advance(logits) {
      const extensions: Extension[] = []
      for (const [source, {tokens, sumLogProbability}] of beams.entries()) {
        const row = logits[source] as Float32Array
        for (const filter of filters) filter(row, tokens, prompt.length)
        const normaliser = logSumExp(row)
        for (const token of largest(row, beamSize + 1)) {
          const logProbability = Math.fround((row[token] as number) - normaliser)
          extensions.push({source, token, sumLogProbability: Math.fround(sumLogProbability + logProbability)})
        }
      }
      // Stable: equal scores keep the order of beams, as Python's sort does.
      extensions.sort((a, b) => b.sumLogProbability - a.sumLogProbability)
      const kept: Extension[] = []
      for (const extension of extensions) {
        const {source, token, sumLogProbability} = extension
        if (token !== eot) kept.push(extension)
        else if (finished.length < wanted) finished.push({tokens: sampled(source), sumLogProbability})
        if (kept.length === beamSize) break
      }
      beams = kept.map(({source, token, sumLogProbability}) => ({
        tokens: [...(beams[source] as Beam).tokens, token],
        sumLogProbability,
      }))
      steps++
      const full = prompt.length + steps > contextLength
      return finished.length >= wanted || steps >= maxSampledTokens || full ? undefined : kept
    },
    best() {
      const unfinished = beams.map(({tokens, sumLogProbability}) => ({
        tokens: tokens.slice(prompt.length),
        sumLogProbability,
      }))
      return bestOfBeams(finished, unfinished, options)
    },
  }
}

/** Finished sequences with which a beam search ends. */
export function wantedCandidates(beamSize: number, patience: number): number {
  return roundHalfEven(beamSize * patience)
}

/** The best of the finished sequences, and of the beams where there are fewer finished ones than beams. */
export function bestOfBeams(
  finished: readonly Candidate[],
  unfinished: readonly Candidate[],
  {beamSize, lengthPenalty}: Pick<BeamOptions, 'beamSize' | 'lengthPenalty'>,
): Candidate {
  const byProbability = [...unfinished].sort((a, b) => b.sumLogProbability - a.sumLogProbability)
  const missing = Math.max(0, beamSize - finished.length)
  return bestCandidate([...finished, ...byProbability.slice(0, missing)], lengthPenalty)
}

/** Indices of the `count` largest values, largest first; equal values by index. */
export function largest(values: Float32Array, count: number): number[] {
  const indices: number[] = []
  let smallest = Number.NEGATIVE_INFINITY
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number
    if (indices.length === count && !(value > smallest)) continue
    let at = indices.length
    while (at > 0 && value > (values[indices[at - 1] as number] as number)) at--
    indices.splice(at, 0, i)
    if (indices.length > count) indices.pop()
    smallest = values[indices[indices.length - 1] as number] as number
  }
  return indices
}
