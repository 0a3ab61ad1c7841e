import {describe, expect, test} from 'vitest'
import {beamSearch, largest} from '../../../src/pipeline/decoding/beam-search.js'
import {seededRandom} from '../../../src/pipeline/decoding/random.js'
import {samplingSearch} from '../../../src/pipeline/decoding/sampling-search.js'
import {bestCandidate, type Search} from '../../../src/pipeline/decoding/search.js'

const EOT = 3
const VOCABULARY = 4
const PROMPT = [0]
const LIMITS = {maxSampledTokens: 6, contextLength: 100}

/** A toy language model: logits depend on the last two tokens, by a fixed random table. */
function toyModel(seed: number) {
  const random = seededRandom('toy', seed)
  const table = Array.from({length: 25}, () => Float32Array.from({length: VOCABULARY}, () => 4 * random() - 2))
  return (tokens: readonly number[]) =>
    Float32Array.from(table[(tokens.at(-2) ?? 4) * 5 + (tokens.at(-1) ?? 4)] as Float32Array)
}

function run(search: Search, model: (tokens: readonly number[]) => Float32Array): Search {
  let rows: readonly (readonly number[])[] = [PROMPT]
  for (let next = search.advance(rows.map(model)); next; next = search.advance(rows.map(model)))
    rows = next.map(({source, token}) => [...(rows[source] as number[]), token])
  return search
}

function logProbability(model: (tokens: readonly number[]) => Float32Array, sampled: readonly number[]): number {
  let sum = 0
  sampled.forEach((token, index) => {
    const logits = model([...PROMPT, ...sampled.slice(0, index)])
    sum += (logits[token] as number) - Math.log(logits.reduce((total, logit) => total + Math.exp(logit), 0))
  })
  return sum
}

const beam = (beamSize: number, patience = 1) =>
  beamSearch({...LIMITS, prompt: PROMPT, filters: [], eot: EOT, beamSize, patience, lengthPenalty: undefined})

const sampling = (temperature: number, seed = 0, bestOf = 1) =>
  samplingSearch({
    ...LIMITS,
    prompt: PROMPT,
    filters: [],
    eot: EOT,
    temperature,
    bestOf,
    topK: undefined,
    topP: undefined,
    lengthPenalty: undefined,
    seed: ['sampling', seed],
  })

describe('beam search', () => {
  const seeds = Array.from({length: 30}, (_, seed) => seed)

  test.each(seeds)('scores what it finds as the model does (model %i)', seed => {
    const model = toyModel(seed)
    for (const beamSize of [1, 2, 5]) {
      const {tokens, sumLogProbability} = run(beam(beamSize), model).best()
      const ended = [...tokens, ...(tokens.length < LIMITS.maxSampledTokens ? [EOT] : [])]
      expect(sumLogProbability).toBeCloseTo(logProbability(model, ended), 4)
    }
  })

  test.each(seeds)('with every sequence in the beam finds the best of all (model %i)', seed => {
    const model = toyModel(seed)
    // 3⁶ unfinished sequences at most; patience keeps the search going to the end.
    const {tokens} = run(beam(800, 10), model).best()
    const all = sequences(LIMITS.maxSampledTokens).map(sequence => ({
      tokens: sequence.at(-1) === EOT ? sequence.slice(0, -1) : sequence,
      sumLogProbability: logProbability(model, sequence),
    }))
    expect(tokens).toEqual(
      bestCandidate(
        all.filter(candidate => candidate.tokens.length > 0),
        undefined,
      ).tokens,
    )
  })

  test('a beam of one is greedy unless the end of text comes second', () => {
    const model = (tokens: readonly number[]) => Float32Array.from(tokens.length < 4 ? [0, 5, 1, -5] : [0, 0, 0, 9])
    expect(run(beam(1), model).best().tokens).toEqual(run(sampling(0), model).best().tokens)
  })

  test.each([
    [1, [4]],
    [3, [4, 0, 1]],
    [9, [4, 0, 1, 2, 3]],
  ])('the %i largest come in order, equal ones by index', (count, expected) => {
    expect(largest(Float32Array.from([2, 2, 1, Number.NEGATIVE_INFINITY, 3]), count)).toEqual(expected)
  })
})

/** Every sequence that ends with the end of text, or is as long as allowed. */
function sequences(length: number): number[][] {
  if (length === 0) return [[]]
  return Array.from({length: VOCABULARY}, (_, token) => token).flatMap(token =>
    token === EOT ? [[EOT]] : sequences(length - 1).map(rest => [token, ...rest]),
  )
}

describe('sampling', () => {
  test.each([0.3, 0.7, 1, 2])('draws from the softmax at temperature %d', temperature => {
    const logits = Float32Array.from([1, 0.2, -0.5, Number.NEGATIVE_INFINITY])
    const counts = new Float64Array(VOCABULARY)
    const draws = 20_000
    for (let seed = 0; seed < draws; seed++) {
      const first = sampling(temperature, seed).advance([logits.slice()])?.[0]?.token ?? EOT
      counts[first] = (counts[first] as number) + 1
    }
    const weights = logits.map(logit => Math.exp(logit / temperature))
    const total = weights.reduce((sum, weight) => sum + weight, 0)
    for (const [token, weight] of weights.entries()) {
      const probability = weight / total
      const deviation = Math.sqrt((probability * (1 - probability)) / draws)
      expect(Math.abs((counts[token] as number) / draws - probability)).toBeLessThanOrEqual(4.5 * deviation)
    }
  })

  test('the log-probability is that of the model, whatever the temperature', () => {
    const model = toyModel(5)
    const {tokens, sumLogProbability} = run(sampling(1.7, 3, 4), model).best()
    const ended = [...tokens, ...(tokens.length < LIMITS.maxSampledTokens ? [EOT] : [])]
    expect(sumLogProbability).toBeCloseTo(logProbability(model, ended), 4)
  })

  test('keeps the best of several samples', () => {
    const model = toyModel(11)
    const score = ({tokens, sumLogProbability}: ReturnType<Search['best']>) => sumLogProbability / tokens.length
    const many = score(run(sampling(1, 1, 50), model).best())
    const scores = Array.from({length: 20}, (_, seed) => score(run(sampling(1, seed), model).best()))
    expect(many).toBeGreaterThan(scores.sort((a, b) => a - b)[10] as number)
  })

  test('stops at the limit of tokens', () => {
    const endless = () => Float32Array.from([1, 2, 3, -99])
    expect(run(sampling(0), endless).best().tokens).toHaveLength(LIMITS.maxSampledTokens)
    expect(run(beam(2), endless).best().tokens).toHaveLength(LIMITS.maxSampledTokens)
  })
})

test('a length penalty of 0 ranks by probability alone, the default by the mean', () => {
  const candidates = [
    {tokens: [1], sumLogProbability: -1},
    {tokens: [1, 1, 1, 1], sumLogProbability: -2},
  ]
  expect(bestCandidate(candidates, 0).tokens).toEqual([1])
  expect(bestCandidate(candidates, undefined).tokens).toEqual([1, 1, 1, 1])
})
