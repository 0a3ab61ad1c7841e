import {beforeAll, describe, expect, it} from 'vitest'
import {uniformStream} from '../../../src/pipeline/decoding/uniform-stream.js'
import {relativeError} from '../../support/export.js'
import {type Call, FusedWhisper, rowsOf, SPECIAL_TOKENS, type Tensors, valuesOf} from '../../support/fused-whisper.js'
import {seededWhisper} from '../../support/seeded-whisper.js'

const {eot} = SPECIAL_TOKENS
const PROMPTS = [
  [82, 83, 84],
  [90, 3, 7, 5, 82, 83, 84],
]
const RULES = {
  repetitionPenalty: 1.1,
  noRepeatNgramSize: 3,
  suppressedFirst: [eot],
  timestamps: {maxInitialIndex: 10},
}
const HEADS = [
  [1, 2],
  [0, 3],
  [1, 0],
] as const

let whisper: FusedWhisper
beforeAll(async () => {
  const sizes = {
    d_model: 16,
    encoder_layers: 1,
    decoder_layers: 2,
    encoder_attention_heads: 2,
    decoder_attention_heads: 4,
  }
  const more = {encoder_ffn_dim: 32, decoder_ffn_dim: 32, vocab_size: 140, num_mel_bins: 8}
  const model = seededWhisper(
    {...sizes, ...more, max_source_positions: 20, max_target_positions: 64, tie_word_embeddings: false},
    7,
  )
  whisper = await FusedWhisper.open(model, {windows: 2, heads: HEADS})
})

const uniforms = (from: number, to: number) =>
  Array.from({length: 6}, (_, row) => {
    const uniform = uniformStream(['numbers'], row)
    return Array.from({length: to - from}, (_, step) => uniform(from + step))
  })

const SEARCHES: Readonly<Record<string, (from: number, to: number) => Partial<Call>>> = {
  'a greedy search': () => ({}),
  sampling: (from, to) => ({group: 3, temperature: 0.8, uniforms: uniforms(from, to)}),
  'beam search': () => ({group: 3, beam: true, wanted: 5}),
}

describe.each(Object.entries(SEARCHES))('%s', (_, search) => {
  it.each([1, 4, 11])('goes on in a second call after %i steps as if there were one call', async steps => {
    const call = (from: number, to: number, state?: Tensors) =>
      whisper.decode({...search(from, to), prompts: PROMPTS, rules: RULES, maxSteps: to - from, ...(state && {state})})
    const whole = await call(0, 16)
    const first = await call(0, steps)
    const second = await call(steps, 16, first)
    const joined = (name: string) => [first, second].flatMap(outputs => rowsOf(outputs[name]))
    expect(joined('chosen')).toEqual(rowsOf(whole.chosen))
    expect(joined('sources')).toEqual(rowsOf(whole.sources))
    for (const name of ['tokens_out', 'finished_out', 'sampled_out', 'remaining_out', 'ended_counts_out'])
      expect(valuesOf(second[name])).toEqual(valuesOf(whole[name]))
    for (const name of ['scores', 'ended']) {
      const [actual, expected] = [joined(name).flat(), rowsOf(whole[name]).flat()]
      expect(actual.map(Number.isFinite)).toEqual(expected.map(Number.isFinite))
      for (const [index, value] of expected.entries())
        if (Number.isFinite(value)) expect(actual[index]).toBeCloseTo(value, 4)
    }
    expect(relativeError(valuesOf(second['present_value.1']), valuesOf(whole['present_value.1']))).toBeLessThan(1e-4)
  })

  it('ends when enough windows have no tokens left to sample', async () => {
    const {group = 1} = search(0, 1)
    const remaining = [3, 9]
    const steps = async (exitAt: number) => {
      const call = {...search(0, 20), prompts: PROMPTS, maxSteps: 20, exitAt, wanted: 1000, remaining}
      return rowsOf((await whisper.decode({...call, rules: {suppressed: [eot]}})).chosen)
    }
    expect((await steps(1)).length).toBe(3)
    const all = await steps(2)
    expect(all.length).toBe(9)
    expect(all[0]?.length).toBe(2 * group)
  })
})

it('ends a beam search when a window has the candidates that are wanted', async () => {
  const suppressed = Array.from({length: 140}, (_, token) => token).filter(token => token > 6 && token !== eot)
  const rules = {suppressed, suppressedFirst: [eot]}
  const call = {prompts: PROMPTS, group: 3, beam: true, wanted: 2, maxSteps: 40, exitAt: 1, rules}
  const {ended, ended_counts_out: counts} = await whisper.decode(call)
  const perStep = rowsOf(ended).map(row =>
    [row.slice(0, 3), row.slice(3)].map(sums => sums.filter(Number.isFinite).length),
  )
  const totals = [0, 1].map(window => perStep.reduce((sum, step) => sum + (step[window] ?? 0), 0))
  expect(Math.max(...totals)).toBe(2)
  expect(valuesOf(counts)).toEqual(totals)
  expect(perStep.at(-1)?.[totals.indexOf(2)]).toBeGreaterThan(0)
})

it('repeats the end of text in rows that have ended, and keeps their sums', async () => {
  const suppressed = Array.from({length: 140}, (_, token) => token).filter(token => token !== eot)
  const outputs = await whisper.decode({prompts: PROMPTS, maxSteps: 9, exitAt: 3, rules: {suppressed}})
  expect(rowsOf(outputs.chosen)).toEqual(new Array(9).fill([eot, eot]))
  const scores = rowsOf(outputs.scores)
  expect(new Set(scores.map(row => row.join())).size).toBe(1)
  expect(valuesOf(outputs.finished_out)).toEqual([1, 1])
  expect(rowsOf((await whisper.decode({prompts: PROMPTS, maxSteps: 9, rules: {suppressed}})).chosen).length).toBe(1)
})

it('gives the cross-attention of the alignment heads, in their order', async () => {
  const {alignment} = await whisper.decode({prompts: PROMPTS, wants: {alignment: true}})
  expect(alignment?.dims).toEqual([2, HEADS.length, 7, 20])
  const values = valuesOf(alignment)
  for (const [window, prompt] of PROMPTS.entries()) {
    const {outputs} = await whisper.attend([prompt], window)
    for (const [index, [layer, head]] of HEADS.entries()) {
      const size = prompt.length * 20
      const expected = valuesOf(outputs[`cross_attentions.${layer}`]).slice(head * size, (head + 1) * size)
      const end = ((window * HEADS.length + index) * 7 + 7) * 20
      expect(relativeError(values.slice(end - size, end), expected)).toBeLessThan(1e-4)
    }
  }
})

it('gives neither logits nor alignment unless they are wanted', async () => {
  const {logits, alignment} = await whisper.decode({prompts: PROMPTS, maxSteps: 3})
  expect([logits?.dims, alignment?.dims]).toEqual([
    [0, 0, 0],
    [0, 0, 0, 0],
  ])
})

it('keeps the logits of the first step through later ones', async () => {
  const wants = {logits: true, alignment: true}
  const [short, long] = [1, 6].map(maxSteps =>
    whisper.decode({prompts: PROMPTS, group: 3, beam: true, wants, maxSteps}),
  )
  const [{logits, alignment}, later] = [await (short as Promise<Tensors>), await (long as Promise<Tensors>)]
  expect(valuesOf(later.logits)).toEqual(valuesOf(logits))
  expect(valuesOf(later.alignment)).toEqual(valuesOf(alignment))
})
