import {expect, test} from 'vitest'
import type {MeasuredModel} from '../../../src/pipeline/quantize/measure-model.js'
import type {SensitivityRecord} from '../../../src/pipeline/quantize/quantization-report.js'
import {searchWithinBudget} from '../../../src/pipeline/quantize/search-within-budget.js'

const RANKING: SensitivityRecord[] = ['c', 'a', 'b', 'd'].map((name, index) => ({
  graph: 'model',
  name,
  nodes: [`${name}/MatMul`],
  rank: index + 1,
  output: 'logits',
  notFinite: 0,
  maxAbsoluteError: 1,
  rmsRelativeError: 0.4 - index / 10,
  argMaxAgreement: 1,
}))

function measured(wer: number): MeasuredModel {
  return {
    measurement: {
      name: 'm',
      hash: '',
      precision: 'q4',
      bytes: 10,
      latencies: [],
      accuracy: {wer, cer: wer, wordErrors: 0, words: 100, interval: null, utterances: 10, failed: 0, batchSize: 1},
      unmeasured: [],
    },
    provider: 'cpu',
    evaluation: undefined,
  }
}

/** Models whose folder is named for what they keep, with these word error rates. */
async function search(wers: readonly number[], budget = 0.05) {
  const made: string[] = []
  const discarded: string[] = []
  const result = await searchWithinBudget({
    baseline: measured(0.1),
    source: 'source',
    ranking: RANKING,
    budget,
    quantize: async kept => {
      const folder = kept.map(({name}) => name).join('') || 'none'
      made.push(folder)
      return folder
    },
    measure: async (_, kept) => measured(wers[kept] ?? 1),
    discard: async folder => {
      discarded.push(folder)
    },
  })
  return {result, made, discarded}
}

test('the most sensitive are kept, and every other model is given up', async () => {
  const {result, made, discarded} = await search([0.5, 0.3, 0.15, 0.1, 0.1])
  expect(result.folder).toBe('ca')
  expect(result.search.kept.map(({name}) => name)).toEqual(['c', 'a'])
  expect(made).toEqual(['none', 'ca', 'c'])
  expect(discarded).toEqual(['none', 'c'])
  expect(result.search.candidates.map(({kept, holds}) => [kept, holds])).toEqual([
    [0, false],
    [2, true],
    [1, false],
  ])
  expect(result.search.candidates[0]).toMatchObject({bytes: 10, rtfx: null, wer: 0.5})
})

test('with nothing left to quantize it fails and says what to do', async () => {
  await expect(search([0.5, 0.5, 0.5, 0.5, 0.1])).rejects.toMatchObject({
    code: 'GATE_FAILED',
    message: expect.stringContaining('Nothing can be quantized'),
    hint: expect.stringContaining('--max-wer-increase'),
  })
})

test('where even the source does not repeat its own rate it is noise', async () => {
  await expect(search([0.5, 0.5, 0.5, 0.5, 0.3])).rejects.toMatchObject({
    code: 'GATE_FAILED',
    hint: expect.stringContaining('noise'),
  })
})
