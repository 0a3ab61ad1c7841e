import {describe, expect, test} from 'vitest'
import {beamSearch, largest, wantedCandidates} from '../../../src/pipeline/decoding/beam-search.js'
import {logSumExp} from '../../../src/pipeline/decoding/log-sum-exp.js'
import {seededRandom} from '../../../src/pipeline/decoding/random.js'
import {samplingSearch} from '../../../src/pipeline/decoding/sampling-search.js'
import type {Search} from '../../../src/pipeline/decoding/search.js'
import type {BeamPlan, SamplingPlan, SearchPlan} from '../../../src/pipeline/decoding/search-plan.js'
import {type LoopReport, traceSearch} from '../../../src/pipeline/decoding/search-trace.js'
import {uniformStream} from '../../../src/pipeline/decoding/uniform-stream.js'

const EOT = 3
const VOCABULARY = 6
const PROMPT = [0]
const LIMIT = 7
const LIMITS = {maxSampledTokens: LIMIT, contextLength: 100, lengthPenalty: undefined}

type LanguageModel = (tokens: readonly number[]) => Float32Array

/** Logits depend on the last two tokens, by a fixed random table. */
function toyModel(seed: number): LanguageModel {
  const random = seededRandom('toy', seed)
  const table = Array.from({length: 49}, () => Float32Array.from({length: VOCABULARY}, () => 4 * random() - 2))
  return tokens => Float32Array.from(table[(tokens.at(-2) ?? 6) * 7 + (tokens.at(-1) ?? 6)]!)
}

function search(begun: Search, model: LanguageModel): ReturnType<Search['best']> {
  let rows: readonly (readonly number[])[] = [PROMPT]
  for (let next = begun.advance(rows.map(model)); next; next = begun.advance(rows.map(model)))
    rows = next.map(({source, token}) => [...rows[source]!, token])
  return begun.best()
}

interface Step {
  readonly chosen: readonly number[]
  readonly sources: readonly number[]
  readonly scores: readonly number[]
  readonly ended: readonly number[]
}

/** What a loop says that never stops by itself: each row in each step. Written from the contract, not from the search. */
function beamSteps({beamSize}: BeamPlan, model: LanguageModel): Step[] {
  let rows = [{tokens: PROMPT, sum: 0}]
  return Array.from({length: LIMIT + 2}, () => {
    const extensions = rows.flatMap(({tokens, sum}, source) => {
      const logits = model(tokens)
      const normaliser = logSumExp(logits)
      return largest(logits, beamSize + 1).map(token => ({source, token, sum: sum + logits[token]! - normaliser}))
    })
    extensions.sort((a, b) => b.sum - a.sum)
    const kept: typeof extensions = []
    const ended = new Array<number>(beamSize).fill(Number.NEGATIVE_INFINITY)
    for (const extension of extensions)
      if (kept.length < beamSize) {
        if (extension.token === EOT) ended[extension.source] = extension.sum
        else kept.push(extension)
      }
    rows = kept.map(({source, token, sum}) => ({tokens: [...rows[source]!.tokens, token], sum}))
    return {
      chosen: kept.map(({token}) => token),
      sources: kept.map(({source}) => source),
      scores: kept.map(({sum}) => sum),
      ended,
    }
  })
}

function sampleSteps({bestOf, temperature, seed}: SamplingPlan, model: LanguageModel): Step[] {
  const rows = Array.from({length: bestOf}, (_, row) => ({
    tokens: [...PROMPT],
    sum: 0,
    uniform: uniformStream(seed, row),
    finished: false,
  }))
  return Array.from({length: LIMIT + 2}, (_, step) => {
    for (const row of rows) {
      const logits = model(row.tokens)
      const scaled = logits.map(logit => logit / temperature)
      const normaliser = logSumExp(scaled)
      const sums = Array.from(scaled, (_, last) => Math.exp(logSumExp(scaled, 0, last + 1) - normaliser))
      const drawn = sums.findIndex(sum => sum > row.uniform(step))
      const token = row.finished ? EOT : drawn
      if (!row.finished) row.sum += logits[token]! - logSumExp(logits)
      row.finished ||= token === EOT
      row.tokens.push(token)
    }
    return {
      chosen: rows.map(({tokens}) => tokens.at(-1)!),
      sources: rows.map((_, row) => row),
      scores: rows.map(({sum}) => sum),
      ended: rows.map(() => Number.NEGATIVE_INFINITY),
    }
  })
}

/** The steps of two windows as runs of a few steps, the window of interest second and then first. */
function reports(
  steps: readonly Step[],
  rows: number,
  cuts: readonly number[],
): {report: LoopReport; firstRow: number}[] {
  return cuts.map((from, index) => {
    const part = steps.slice(from, cuts[index + 1])
    const firstRow = index % 2 === 0 ? rows : 0
    const flat = (name: keyof Step, other: number, offset = 0) =>
      part.flatMap(step => {
        const own = step[name].map(value => value + offset)
        const others = new Array<number>(rows).fill(other)
        return firstRow === 0 ? [...own, ...others] : [...others, ...own]
      })
    return {
      firstRow,
      report: {
        steps: part.length,
        rows: 2 * rows,
        chosen: BigInt64Array.from(flat('chosen', 1), BigInt),
        sources: BigInt64Array.from(flat('sources', 0, firstRow), BigInt),
        scores: Float32Array.from(flat('scores', -1)),
        ended: Float32Array.from(flat('ended', -0.01)),
      },
    }
  })
}

function follow(plan: SearchPlan, rows: number, steps: readonly Step[], cuts: readonly number[]) {
  const trace = traceSearch(plan, EOT, LIMIT)
  for (const {report, firstRow} of reports(steps, rows, cuts)) trace.follow(report, firstRow)
  return trace
}

const seeds = Array.from({length: 25}, (_, seed) => seed)
const CUTS = [[0], [0, 1, 3], [0, 2, 4, 5, 6, 7, 8]]

describe('a trace of a loop finds what the search itself finds', () => {
  test.each(seeds)('with beams (model %i)', seed => {
    const model = toyModel(seed)
    for (const [beamSize, patience] of [
      [1, 1],
      [2, 1],
      [3, 2],
      [5, 1],
    ] as const) {
      const plan: BeamPlan = {...LIMITS, kind: 'beam', beamSize, patience}
      const expected = search(beamSearch({...plan, prompt: PROMPT, filters: [], eot: EOT}), model)
      for (const cuts of CUTS) {
        const trace = follow(plan, beamSize, beamSteps(plan, model), cuts)
        expect(trace.done).toBe(true)
        expect(trace.best().tokens).toEqual(expected.tokens)
        expect(trace.best().sumLogProbability).toBeCloseTo(expected.sumLogProbability, 4)
      }
    }
  })

  test.each(seeds)('with samples (model %i)', seed => {
    const model = toyModel(seed)
    const plan: SamplingPlan = {
      ...LIMITS,
      ...{kind: 'sampling', temperature: 0.8, bestOf: 4, topK: undefined, topP: undefined, seed: [seed]},
    }
    const expected = search(samplingSearch({...plan, prompt: PROMPT, filters: [], eot: EOT}), model)
    for (const cuts of CUTS) {
      const trace = follow(plan, 4, sampleSteps(plan, model), cuts)
      expect(trace.best().tokens).toEqual(expected.tokens)
      expect(trace.best().sumLogProbability).toBeCloseTo(expected.sumLogProbability, 4)
    }
  })
})

test('a search is done when enough sequences have ended, and stays as it was then', () => {
  const plan: BeamPlan = {...LIMITS, kind: 'beam', beamSize: 2, patience: 1}
  const steps: Step[] = [
    {chosen: [1, 2], sources: [0, 0], scores: [-1, -2], ended: [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY]},
    {chosen: [4, 5], sources: [1, 0], scores: [-3, -4], ended: [-1.5, -2.5]},
    {chosen: [1, 1], sources: [0, 1], scores: [-5, -6], ended: [-0.1, -0.1]},
  ]
  const trace = follow(plan, 2, steps, [0])
  expect(wantedCandidates(2, 1)).toBe(2)
  expect([trace.done, trace.steps]).toEqual([true, 2])
  expect(trace.best()).toEqual({tokens: [1], sumLogProbability: -1.5})
})

test('what one row draws does not depend on how many others there are, nor on when it is asked', () => {
  const early = uniformStream(['seed', 1], 2)
  const late = uniformStream(['seed', 1], 2)
  const drawn = Array.from({length: 50}, (_, step) => early(step))
  expect([late(49), late(0), late(7)]).toEqual([drawn[49], drawn[0], drawn[7]])
  expect(new Set(drawn).size).toBe(50)
  expect(uniformStream(['seed', 1], 1)(0)).not.toBe(drawn[0])
  // Single precision holds them, so that a graph draws with the same numbers.
  expect(drawn.map(Math.fround)).toEqual(drawn)
})
