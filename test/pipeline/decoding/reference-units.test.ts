import {readFileSync} from 'node:fs'
import {describe, expect, test} from 'vitest'
import {dynamicTimeWarping} from '../../../src/pipeline/decoding/dtw.js'
import {keepTopK, keepTopP, noRepeatNgram, repetitionPenalty} from '../../../src/pipeline/decoding/logit-filters.js'
import {medianFilter} from '../../../src/pipeline/decoding/median-filter.js'
import {mergePunctuations} from '../../../src/pipeline/models/whisper/word-timestamps.js'

const read = (file: string) =>
  JSON.parse(readFileSync(new URL(`../../data/whisper-reference/${file}`, import.meta.url), 'utf8'))

interface Timing {
  readonly median_filter: readonly {width: number; input: unknown; output: unknown}[]
  readonly dtw: readonly {matrix: number[][]; text_indices: number[]; time_indices: number[]}[]
  readonly merge_punctuations: readonly {words: string[]; result: {word: string; tokens: number[]}[]}[]
  readonly prepended: string
  readonly appended: string
}

describe("openai/whisper's timing functions", () => {
  const timing: Timing = read('timing.json')

  test('the median filter reflects at both ends', () => {
    for (const {width, input, output} of timing.median_filter) {
      const rows = lastRows(input)
      const expected = lastRows(output)
      for (const [index, row] of rows.entries())
        expect([...medianFilter(Float32Array.from(row), width)]).toEqual([...Float32Array.from(expected[index] ?? [])])
    }
  })

  test('dynamic time warping takes the same path, ties included', () => {
    for (const {matrix, text_indices, time_indices} of timing.dtw) {
      const columns = matrix[0]?.length ?? 0
      const path = dynamicTimeWarping(Float32Array.from(matrix.flat()), matrix.length, columns)
      expect(path).toEqual({rows: text_indices, columns: time_indices})
    }
  })

  test.each(timing.merge_punctuations)('punctuation joins its word: $words', ({words, result}) => {
    const timings = words.map((word, index) => ({word, tokens: [index], start: 0, end: 0, probability: 1}))
    mergePunctuations(timings, timing.prepended, timing.appended)
    expect(timings.map(({word, tokens}) => ({word, tokens}))).toEqual(result)
  })
})

/** The rows of the last dimension of a nested array. */
function lastRows(nested: unknown): number[][] {
  if (!Array.isArray(nested)) throw new Error('not an array')
  return Array.isArray(nested[0]) ? nested.flatMap(lastRows) : [nested]
}

type Logit = number | '-Infinity'
interface WarperCase extends Readonly<Record<string, readonly Logit[]>> {
  readonly ids: readonly number[]
}

describe("transformers' logit processors", () => {
  const {cases}: {cases: readonly WarperCase[]} = read('hf-warpers.json')
  const warpers: Readonly<Record<string, (logits: Float32Array, ids: readonly number[]) => void>> = {
    top_k_5: logits => keepTopK(logits, 5),
    top_p_0_8: logits => keepTopP(logits, 0.8),
    top_p_0_1: logits => keepTopP(logits, 0.1),
    repetition_penalty_1_3: (logits, ids) => repetitionPenalty(1.3)(logits, ids, 0),
    no_repeat_ngram_3: (logits, ids) => noRepeatNgram(3)(logits, ids, 0),
    no_repeat_ngram_2: (logits, ids) => noRepeatNgram(2)(logits, ids, 0),
    no_repeat_ngram_1: (logits, ids) => noRepeatNgram(1)(logits, ids, 0),
  }

  test.each(Object.keys(warpers))('%s', name => {
    for (const golden of cases) {
      const logits = toFloats(golden.logits)
      warpers[name]?.(logits, golden.ids)
      const expected = toFloats(golden[name])
      expect(logits.length).toBe(50)
      for (const [id, logit] of logits.entries()) expect(logit).toBeCloseTo(expected[id] ?? Number.NaN, 4)
    }
  })
})

function toFloats(logits: readonly Logit[] = []): Float32Array {
  return Float32Array.from(logits, Number)
}
