import {expect, test} from 'vitest'
import {searchAccuracy} from '../../../src/pipeline/quantize/accuracy-search.js'

/** A model whose word error rate with so many groups in float is known. */
function search(wers: readonly (number | null)[], {baseline = 0.1 as number | null, budget = 0.002} = {}) {
  const asked: number[] = []
  const evaluate = async (kept: number) => {
    asked.push(kept)
    return {wer: wers[kept] ?? null}
  }
  return {asked, result: searchAccuracy({groups: wers.length - 1, baseline, budget, evaluate})}
}

const FALLING = [0.3, 0.25, 0.2, 0.15, 0.12, 0.102, 0.101, 0.1, 0.1]

test.each([
  ['none, if the budget holds without', [0.102, 0.1, 0.1], 0],
  ['none, if quantizing makes it better', [0.09, 0.1, 0.1], 0],
  ['the fewest that hold, where a rise equal to the budget still does', FALLING, 5],
  ['all but one', [0.3, 0.3, 0.3, 0.1, 0.1], 3],
  ['all, if nothing less holds', [0.3, 0.3, 0.1], 2],
])('keeps %s', async (_, wers, kept) => {
  const {result} = search(wers)
  await expect(result).resolves.toMatchObject({best: {kept, holds: true, candidate: {wer: wers[kept]}}})
})

test('bisects, asks for nothing twice, and has measured the neighbour that does not hold', async () => {
  const wers = Array.from({length: 65}, (_, kept) => (kept < 37 ? 0.5 - kept / 1000 : 0.1))
  const {result, asked} = search(wers)
  const {best, tried} = await result
  expect(best.kept).toBe(37)
  expect(asked.length).toBeLessThanOrEqual(8)
  expect(new Set(asked).size).toBe(asked.length)
  expect(tried.map(({kept}) => kept)).toEqual(asked)
  expect(tried.find(({kept}) => kept === 36)).toMatchObject({holds: false})
})

test('every choice holds, whatever the noise', async () => {
  for (let seed = 1; seed <= 50; seed++) {
    const noisy = Array.from(
      {length: 20},
      (_, kept) => 0.1 + Math.max(0, 0.02 - kept / 800 + Math.sin(kept * seed) / 200),
    )
    const {best, tried} = await search([...noisy, 0.1]).result
    expect(best.increase).toBeLessThanOrEqual(0.002 + 1e-9)
    expect(tried).toContain(best)
  }
})

test.each([
  ['steady', FALLING, true],
  ['unsteady', [0.2, 0.2, 0.2, 0.25, 0.1], false],
])('errors that fall are told from those that do not: %s', async (_, wers, isMonotone) => {
  await expect(search(wers).result).resolves.toMatchObject({isMonotone})
})

test.each([
  ['a baseline without a rate', [0.1], {baseline: null}, 'no word error rate'],
  ['a budget that does not even hold in float', [0.3, 0.3, 0.11], {}, 'Even with all 2 groups in float'],
  ['candidates without a rate', [null, null], {}, 'no rate'],
])('%s is an error', async (_, wers, options, message) => {
  await expect(search(wers, options).result).rejects.toMatchObject({
    code: 'GATE_FAILED',
    message: expect.stringContaining(message),
  })
})

test('a negative budget is a mistake', async () => {
  await expect(search([0.1], {budget: -1}).result).rejects.toThrow(RangeError)
})
