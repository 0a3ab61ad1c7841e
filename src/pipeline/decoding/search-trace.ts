import {bestOfBeams, wantedCandidates} from './beam-search.js'
import {bestCandidate, type Candidate} from './search.js'
import type {BeamPlan, SamplingPlan, SearchPlan} from './search-plan.js'

/** What a decode loop says of its rows, step after step: [steps × rows], step-major. */
export interface LoopReport {
  readonly steps: number
  readonly rows: number
  /** The token of each row. */
  readonly chosen: BigInt64Array
  /** The row of the step before that each row continues. Of no meaning in a search's first step. */
  readonly sources: BigInt64Array
  /** Sum of log-probabilities of each row after the step. */
  readonly scores: Float32Array
  /** Beam search: the sum with which a row of the step before ended here and became a candidate; −∞ where it did not. */
  readonly ended: Float32Array
}

/** Follows the search for one prompt through the reports of a loop that carries it out. */
export interface SearchTrace {
  /** Whether the search is complete; what a report says after that is passed over. */
  readonly done: boolean
  /** Steps so far. */
  readonly steps: number
  /** @param firstRow the window's first row in this report */
  follow(report: LoopReport, firstRow: number): void
  best(): Candidate
}

/** A token and those before it; undefined is nothing. */
type Path = {readonly token: number; readonly before: Path} | undefined

/** @param limit tokens after which the search stops */
export function traceSearch(plan: SearchPlan, eot: number, limit: number): SearchTrace {
  return plan.kind === 'beam' ? traceBeams(plan, limit) : traceSamples(plan, eot, limit)
}

function traceBeams(plan: BeamPlan, limit: number): SearchTrace {
  const wanted = wantedCandidates(plan.beamSize, plan.patience)
  const finished: Candidate[] = []
  let beams: readonly Path[] = new Array<Path>(plan.beamSize).fill(undefined)
  let sums: readonly number[] = []
  let steps = 0
  const isDone = () => finished.length >= wanted || steps >= limit

  const advance = ({rows, chosen, sources, scores, ended}: LoopReport, step: number, firstRow: number) => {
    const at = step * rows + firstRow
    const ends = beams.map((path, beam) => ({path, sumLogProbability: ended[at + beam] as number}))
    // Stable: equal scores keep the order of beams, as in the search itself.
    const candidates = ends
      .filter(({sumLogProbability}) => sumLogProbability > Number.NEGATIVE_INFINITY)
      .sort((a, b) => b.sumLogProbability - a.sumLogProbability)
    for (const {path, sumLogProbability} of candidates)
      if (finished.length < wanted) finished.push({tokens: tokensOf(path), sumLogProbability})
    const before = beams
    const continued = (beam: number) => (steps === 0 ? undefined : before[Number(sources[at + beam]) - firstRow])
    beams = before.map((_, beam) => ({token: Number(chosen[at + beam]), before: continued(beam)}))
    sums = before.map((_, beam) => scores[at + beam] as number)
    steps++
  }

  return {
    get done() {
      return isDone()
    },
    get steps() {
      return steps
    },
    follow(report, firstRow) {
      for (let step = 0; step < report.steps && !isDone(); step++) advance(report, step, firstRow)
    },
    best() {
      const unfinished = beams.map((path, beam) => ({tokens: tokensOf(path), sumLogProbability: sums[beam] ?? 0}))
      return bestOfBeams(finished, unfinished, plan)
    },
  }
}

function traceSamples({bestOf, lengthPenalty}: SamplingPlan, eot: number, limit: number): SearchTrace {
  const samples = Array.from({length: bestOf}, () => ({tokens: [] as number[], sumLogProbability: 0, finished: false}))
  let steps = 0
  const isDone = () => steps >= limit || samples.every(({finished}) => finished)

  const advance = ({rows, chosen, scores}: LoopReport, step: number, firstRow: number) => {
    for (const [index, sample] of samples.entries()) {
      if (sample.finished) continue
      const at = step * rows + firstRow + index
      const token = Number(chosen[at])
      sample.sumLogProbability = scores[at] as number
      if (token === eot) sample.finished = true
      else sample.tokens.push(token)
    }
    steps++
  }

  return {
    get done() {
      return isDone()
    },
    get steps() {
      return steps
    },
    follow(report, firstRow) {
      for (let step = 0; step < report.steps && !isDone(); step++) advance(report, step, firstRow)
    },
    best: () => bestCandidate(samples, lengthPenalty),
  }
}

function tokensOf(path: Path): number[] {
  const tokens: number[] = []
  for (let at = path; at !== undefined; at = at.before) tokens.push(at.token)
  return tokens.reverse()
}
