import {readFileSync} from 'node:fs'
import {describe, expect, test} from 'vitest'
import {
  type EarlyStoppingOptions,
  EarlyStoppingState,
  NOTHING_EVALUATED,
  observeEvaluation,
} from '../../../src/pipeline/training/early-stopping.js'

type Golden = Omit<EarlyStoppingOptions, 'patience'> & {
  readonly patience: number
  readonly rows: readonly {
    readonly step: number
    readonly value: number
    readonly isBest: boolean
    readonly stop: boolean
    readonly failures: number
    readonly best: {readonly step: number; readonly value: number}
  }[]
}

const goldens: readonly Golden[] = JSON.parse(
  readFileSync(new URL('../../data/training-reference/metrics/stopping.json', import.meta.url), 'utf8'),
)

describe("runs stop where transformers' EarlyStoppingCallback stops them", () => {
  test.each(goldens.map(golden => [golden.patience, golden.threshold, golden.greaterIsBetter, golden] as const))(
    'patience %d, threshold %d, greater is better: %s',
    (_, __, ___, {rows, ...options}) => {
      let state = NOTHING_EVALUATED
      for (const {step, value, isBest, stop, failures, best} of rows) {
        const verdict = observeEvaluation(state, {step, value}, options)
        expect(verdict).toEqual({state: {best, failures}, isBest, stop})
        // A run may be resumed from any of them.
        state = EarlyStoppingState.parse(JSON.parse(JSON.stringify(verdict.state)))
      }
    },
  )

  test('the sequences have both ends', () => {
    expect(goldens.some(({rows}) => rows.some(({stop}) => stop))).toBe(true)
    expect(goldens.some(({rows}) => !rows.some(({stop}) => stop))).toBe(true)
  })
})

const options = {patience: 2, threshold: 0, greaterIsBetter: false}

test('a value that is no number is a failure, and never the best', () => {
  const first = observeEvaluation(NOTHING_EVALUATED, {step: 1, value: Number.NaN}, options)
  expect(first).toEqual({state: {best: null, failures: 1}, isBest: false, stop: false})
  expect(observeEvaluation(first.state, {step: 2, value: null}, options).stop).toBe(true)
  const {state} = observeEvaluation(first.state, {step: 2, value: 0.5}, options)
  expect(state).toEqual({best: {step: 2, value: 0.5}, failures: 0})
})

test('without patience it never stops', () => {
  let state = observeEvaluation(NOTHING_EVALUATED, {step: 0, value: 0}, options).state
  for (let step = 1; step < 50; step++) {
    const verdict = observeEvaluation(state, {step, value: 1}, {...options, patience: null})
    expect(verdict.stop).toBe(false)
    state = verdict.state
  }
  expect(state).toEqual({best: {step: 0, value: 0}, failures: 49})
})
