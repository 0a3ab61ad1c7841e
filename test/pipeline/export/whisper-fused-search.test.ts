import {beforeAll, describe, expect, it} from 'vitest'
import {
  type BeamOptions,
  beamSearch,
  bestOfBeams,
  wantedCandidates,
} from '../../../src/pipeline/decoding/beam-search.js'
import {type LogitRules, logitFilters} from '../../../src/pipeline/decoding/logit-rules.js'
import {type SamplingOptions, samplingSearch} from '../../../src/pipeline/decoding/sampling-search.js'
import type {Candidate} from '../../../src/pipeline/decoding/search.js'
import {uniformStream} from '../../../src/pipeline/decoding/uniform-stream.js'
import {FusedWhisper, rowsOf, SPECIAL_TOKENS, type Tensors, valuesOf} from '../../support/fused-whisper.js'
import {seededWhisper} from '../../support/seeded-whisper.js'

const {eot, noTimestamps, timestampBegin} = SPECIAL_TOKENS
const PROMPTS = [
  [82, 83, 84],
  [90, 3, 7, 5, 82, 83, 84],
]
const STEPS = 24

const NO_RULES: LogitRules = {
  eot,
  noTimestamps,
  timestampBegin,
  repetitionPenalty: 1,
  noRepeatNgramSize: 0,
  suppressedFirst: [],
  suppressed: [],
  timestamps: undefined,
}
const TIMESTAMPS = {maxInitialIndex: undefined}
const CONTROL = Array.from({length: timestampBegin - eot - 1}, (_, index) => eot + 1 + index)

const allBut = (...tokens: number[]) =>
  Array.from({length: 140}, (_, token) => token).filter(token => !tokens.includes(token))

const RULES: Readonly<Record<string, LogitRules>> = {
  'no rules': NO_RULES,
  'suppressed tokens': {...NO_RULES, suppressed: [1, 5, 7, ...CONTROL], suppressedFirst: [eot, 3]},
  timestamps: {...NO_RULES, suppressed: CONTROL, timestamps: TIMESTAMPS},
  'a bounded first timestamp': {
    ...NO_RULES,
    suppressed: CONTROL,
    suppressedFirst: [eot],
    timestamps: {maxInitialIndex: 5},
  },
  // The text ends often.
  'few tokens': {...NO_RULES, suppressed: allBut(eot, 1, 2, 3, 4, 5, 6, 7)},
  'few tokens and a late end': {...NO_RULES, suppressedFirst: [eot], suppressed: allBut(eot, 1, 2, 3, 4, 5, 6, 120)},
  'a penalty for repetition': {...NO_RULES, repetitionPenalty: 1.4},
  'no token twice': {...NO_RULES, noRepeatNgramSize: 1},
  'no pair twice': {...NO_RULES, noRepeatNgramSize: 2, timestamps: TIMESTAMPS},
  'no sequence of nine twice': {...NO_RULES, noRepeatNgramSize: 9},
  'all rules': {
    ...NO_RULES,
    repetitionPenalty: 0.8,
    noRepeatNgramSize: 3,
    suppressed: CONTROL,
    suppressedFirst: [eot],
    timestamps: {maxInitialIndex: 10},
  },
}

const limits = {maxSampledTokens: STEPS, contextLength: 63, lengthPenalty: undefined}

const sampling = (prompt: readonly number[], rules: LogitRules, more: Partial<SamplingOptions> = {}) =>
  samplingSearch({
    ...limits,
    ...{
      prompt,
      filters: logitFilters(rules),
      eot,
      temperature: 0,
      bestOf: 1,
      topK: undefined,
      topP: undefined,
      seed: [],
    },
    ...more,
  })

let whisper: FusedWhisper
beforeAll(async () => {
  whisper = await FusedWhisper.open(
    seededWhisper({
      d_model: 16,
      encoder_layers: 1,
      decoder_layers: 2,
      encoder_attention_heads: 2,
      decoder_attention_heads: 4,
      encoder_ffn_dim: 32,
      decoder_ffn_dim: 32,
      vocab_size: 140,
      num_mel_bins: 8,
      max_source_positions: 20,
      max_target_positions: 64,
      // Tied logits would repeat the last token.
      tie_word_embeddings: false,
    }),
    {windows: 2},
  )
})

/** The tokens that row `row` of the last step was made of, and its sum. */
function traced(outputs: Tensors, row: number): Candidate {
  const [chosen, sources, scores] = [outputs.chosen, outputs.sources, outputs.scores].map(rowsOf)
  const tokens: number[] = []
  let at = row
  for (let step = (chosen?.length ?? 0) - 1; step >= 0; step--) {
    tokens.unshift(chosen?.[step]?.[at] ?? -1)
    at = sources?.[step]?.[at] ?? -1
  }
  return {tokens, sumLogProbability: scores?.at(-1)?.[row] ?? Number.NaN}
}

const untilEnd = (tokens: readonly number[]) => (tokens.includes(eot) ? tokens.slice(0, tokens.indexOf(eot)) : tokens)

describe.each(Object.entries(RULES))('the loop with %s', (_, rules) => {
  it('writes the tokens of a greedy search, for prompts of unequal lengths at once', async () => {
    const outputs = await whisper.decode({prompts: PROMPTS, rules, maxSteps: STEPS})
    for (const [window, prompt] of PROMPTS.entries()) {
      const {best} = await whisper.search(sampling(prompt, rules), prompt, window)
      const {tokens, sumLogProbability} = traced(outputs, window)
      expect(untilEnd(tokens)).toEqual(best.tokens)
      expect(sumLogProbability).toBeCloseTo(best.sumLogProbability, 4)
    }
  })

  it.each([3, 5])('keeps the beams of a search with %i of them', async beamSize => {
    const outputs = await whisper.decode({prompts: PROMPTS, rules, maxSteps: STEPS, group: beamSize, beam: true})
    for (const [window, prompt] of PROMPTS.entries()) {
      const options: BeamOptions = {...limits, prompt, filters: logitFilters(rules), eot, beamSize, patience: 1}
      const {steps, best} = await whisper.search(beamSearch(options), prompt, window)
      const found = beamsOf(outputs, {window, beamSize, wanted: wantedCandidates(beamSize, 1)})
      expect(found.steps.slice(0, steps.length)).toEqual(steps)
      const ours = bestOfBeams(found.finished, found.unfinished, options)
      expect(ours.tokens).toEqual(best.tokens)
      expect(ours.sumLogProbability).toBeCloseTo(best.sumLogProbability, 4)
    }
  })

  it('draws the tokens that the same numbers draw elsewhere', async () => {
    const bestOf = 3
    const streams = PROMPTS.map((_, window) => Array.from({length: bestOf}, (_, row) => uniformStream([window], row)))
    const uniforms = streams.flat().map(uniform => Array.from({length: STEPS}, (_, step) => uniform(step)))
    const search = {prompts: PROMPTS, rules, maxSteps: STEPS, group: bestOf, temperature: 0.7, uniforms}
    const outputs = await whisper.decode(search)
    for (const [window, prompt] of PROMPTS.entries()) {
      const options = {temperature: 0.7, bestOf, seed: [window]}
      const {steps, best} = await whisper.search(sampling(prompt, rules, options), prompt, window)
      const rows = Array.from({length: bestOf}, (_, row) => traced(outputs, window * bestOf + row))
      const written = rows.map(({tokens}) => untilEnd(tokens).slice(0, STEPS - 1))
      expect(inOrder(written)).toEqual(inOrder(drawnRows(steps, bestOf)))
      const found = rows.find(({tokens}) => untilEnd(tokens).join() === best.tokens.join())
      expect(found?.sumLogProbability).toBeCloseTo(best.sumLogProbability, 3)
    }
  })
})

/** What each row of a sampling search wrote: rows that have ended are gone from later steps. */
function drawnRows(steps: readonly (readonly {source: number; token: number}[])[], count: number): number[][] {
  const rows = Array.from({length: count}, (): number[] => [])
  let alive: number[][] | undefined
  for (const step of steps) {
    // In the first step all continue row 0, and those that ended at once cannot be told from others.
    const next = step.map(({source}, index) => (alive === undefined ? rows[index] : alive[source]) ?? [])
    for (const [index, {token}] of step.entries()) next[index]?.push(token)
    alive = next
  }
  return rows
}

const inOrder = (rows: readonly (readonly number[])[]) => rows.map(row => row.join()).sort()

interface BeamShape {
  readonly window: number
  readonly beamSize: number
  readonly wanted: number
}

function beamsOf(outputs: Tensors, {window, beamSize, wanted}: BeamShape) {
  const [chosen = [], sources = [], scores = [], ended = []] = [
    outputs.chosen,
    outputs.sources,
    outputs.scores,
    outputs.ended,
  ].map(rowsOf)
  const from = window * beamSize
  const own = (values: readonly number[] = []) => values.slice(from, from + beamSize)
  const finished: Candidate[] = []
  const steps: {source: number; token: number}[][] = []
  let beams: number[][] = [[]]
  let sums: number[] = []
  for (let step = 0; step < chosen.length && finished.length < wanted; step++) {
    const first = step === 0 ? window : from
    const ends = own(ended[step]).flatMap((sum, row) => (sum === -Infinity ? [] : [{sum, row}]))
    for (const {sum, row} of ends.sort((a, b) => b.sum - a.sum))
      finished.push({tokens: beams[row] ?? [], sumLogProbability: sum})
    const next = own(chosen[step]).map((token, row) => ({source: (own(sources[step])[row] ?? 0) - first, token}))
    steps.push(next)
    beams = next.map(({source, token}) => [...(beams[source] ?? []), token])
    sums = own(scores[step])
  }
  const unfinished = beams.map((tokens, row) => ({tokens, sumLogProbability: sums[row] ?? Number.NaN}))
  return {steps, finished, unfinished}
}

it('says no speech by the first place', async () => {
  const {no_speech: probabilities} = await whisper.decode({
    prompts: PROMPTS,
    positions: [
      [4, 6],
      [4, 6],
    ],
  })
  for (const [window, prompt] of PROMPTS.entries()) {
    const {logits} = await whisper.attend([prompt], window)
    const place = logits[0]?.[prompt.length - 3] ?? []
    const total = place.reduce((sum, logit) => sum + Math.exp(logit), 0)
    const expected = Math.exp(place[SPECIAL_TOKENS.noSpeech] ?? 0) / total
    expect(valuesOf(probabilities)[window]).toBeCloseTo(expected, 6)
  }
})
