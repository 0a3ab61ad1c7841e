import {readFileSync} from 'node:fs'
import {expect, test} from 'vitest'
import {keepCheckpoints} from '../../../src/pipeline/training/best-checkpoints.js'

const goldens: readonly {
  readonly steps: readonly number[]
  readonly values: readonly number[]
  readonly limit: number
  readonly best: number
  readonly kept: readonly number[]
}[] = JSON.parse(readFileSync(new URL('../../data/training-reference/metrics/rotation.json', import.meta.url), 'utf8'))

test.each(goldens.map(golden => [`${golden.steps}`, golden.limit, golden] as const))(
  "of %s with a limit of %d those stay that transformers' rotate_checkpoints keeps",
  (_, limit, golden) => {
    const checkpoints = golden.steps.map((step, index) => ({step, value: golden.values[index] ?? null}))
    const {kept, removed} = keepCheckpoints(checkpoints, {limit, best: golden.best, greaterIsBetter: false})
    expect(kept.map(({step}) => step)).toEqual(golden.kept)
    expect([...kept, ...removed].map(({step}) => step).sort((a, b) => a - b)).toEqual(golden.steps)
  },
)

const rated = (...values: readonly (number | null)[]) => values.map((value, index) => ({step: index + 1, value}))

test.each([
  ['two best and the newest', rated(0.1, 0.5, 0.2, 0.9), {limit: 3, best: 2, greaterIsBetter: false}, [1, 3, 4]],
  ['greater is better', rated(0.1, 0.5, 0.2, 0.1), {limit: 2, best: 1, greaterIsBetter: true}, [2, 4]],
  [
    'the limit gives way to the best',
    rated(0.1, 0.2, 0.3, 0.4),
    {limit: 1, best: 2, greaterIsBetter: false},
    [1, 2, 4],
  ],
  ['of equals the earlier', rated(0.3, 0.2, 0.2, 0.4), {limit: 2, best: 1, greaterIsBetter: false}, [2, 4]],
  ['the newest is the best', rated(0.3, 0.2, 0.1), {limit: 1, best: 1, greaterIsBetter: false}, [3]],
  [
    'one that was not evaluated is no best',
    rated(null, 0.2, null, null),
    {limit: 2, best: 2, greaterIsBetter: true},
    [2, 4],
  ],
  ['no limit', rated(0.3, 0.2, 0.1), {limit: null, best: 1, greaterIsBetter: false}, [1, 2, 3]],
  ['nothing', [], {limit: 1, best: 1, greaterIsBetter: false}, []],
])('%s', (_, checkpoints, options, kept) => {
  expect(keepCheckpoints(checkpoints.toReversed(), options).kept.map(({step}) => step)).toEqual(kept)
})
