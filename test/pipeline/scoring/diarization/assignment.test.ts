import {expect, test} from 'vitest'
import {seededRandom} from '../../../../src/pipeline/decoding/random.js'
import {cheapestAssignment} from '../../../../src/pipeline/scoring/diarization/assignment.js'

test.each([
  ['nothing', [], []],
  ['rows without columns', [[], []], [-1, -1]],
  ['one', [[5]], [0]],
  [
    'what is cheapest together, not one by one',
    [
      [1, 2],
      [2, 9],
    ],
    [1, 0],
  ],
  ['more rows than columns: one is left', [[3], [1], [2]], [-1, 0, -1]],
  ['more columns than rows', [[3, 1, 2]], [1]],
  [
    'negative costs',
    [
      [-1, -5],
      [-4, -5],
    ],
    [1, 0],
  ],
])('%s', (_, costs, expected) => expect(cheapestAssignment(costs)).toEqual(expected))

test('no other assignment of small random tables is cheaper', () => {
  const random = seededRandom(7)
  for (let round = 0; round < 400; round++) {
    const rows = 1 + Math.floor(random() * 5)
    const columns = 1 + Math.floor(random() * 5)
    const whole = round % 2 === 0
    const costs = Array.from({length: rows}, () =>
      Array.from({length: columns}, () => (whole ? Math.floor(random() * 8) - 4 : random())),
    )
    const chosen = cheapestAssignment(costs)
    const used = chosen.filter(column => column >= 0)
    expect(new Set(used).size).toBe(used.length)
    expect(used.length).toBe(Math.min(rows, columns))
    expect(costOf(costs, chosen)).toBeCloseTo(cheapest(costs), 9)
  }
})

test('a table of 300 by 300 takes well below a second', () => {
  const random = seededRandom(3)
  const costs = Array.from({length: 300}, () => Array.from({length: 300}, () => random()))
  const started = performance.now()
  expect(new Set(cheapestAssignment(costs)).size).toBe(300)
  expect(performance.now() - started).toBeLessThan(5000)
})

const costOf = (costs: readonly (readonly number[])[], columns: readonly number[]) =>
  columns.reduce((sum, column, row) => sum + (column < 0 ? 0 : (costs[row]?.[column] ?? NaN)), 0)

/** Tries all. */
function cheapest(costs: readonly (readonly number[])[]): number {
  const columns = costs[0]?.length ?? 0
  if (costs.length > columns) return cheapest(Array.from({length: columns}, (_, c) => costs.map(row => row[c] ?? NaN)))
  const best = (row: number, free: readonly number[]): number =>
    row === costs.length
      ? 0
      : Math.min(
          ...free.map(
            c =>
              (costs[row]?.[c] ?? NaN) +
              best(
                row + 1,
                free.filter(other => other !== c),
              ),
          ),
        )
  return best(0, [...Array(columns).keys()])
}
