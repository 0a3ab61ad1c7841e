import {Tensor} from 'onnxruntime-node'
import {describe, expect, test} from 'vitest'
import {type LoopState, regroup} from '../../../../src/pipeline/models/whisper/loop-state.js'
import {numbersOf} from '../../../../src/pipeline/models/whisper/rows.js'
import {fillPlaces, WindowStack} from '../../../../src/pipeline/models/whisper/window-stack.js'

const [HEADS, SIZE, GROUP] = [2, 3, 2]

/** A state whose every number tells where it comes from: id, row, head, how far from the end, and place. */
function makeState(id: number, starts: readonly number[], columns: number): LoopState {
  const rows = starts.length * GROUP
  const cache = new Float32Array(rows * HEADS * columns * SIZE)
  for (let at = 0; at < cache.length; at++) {
    const [place, column] = [at % SIZE, Math.floor(at / SIZE) % columns]
    const [head, row] = [Math.floor(at / SIZE / columns) % HEADS, Math.floor(at / SIZE / columns / HEADS)]
    cache[at] = id * 1e5 + row * 1e4 + head * 1e3 + (columns - column) * 10 + place
  }
  const tokens = BigInt64Array.from({length: rows * (columns + 1)}, (_, at) => {
    const [row, column] = [Math.floor(at / (columns + 1)), at % (columns + 1)]
    return BigInt(id * 1000 + row * 100 + columns - Math.max(column, starts[Math.floor(row / GROUP)]!))
  })
  const counts = BigInt64Array.from({length: starts.length}, (_, window) => BigInt(id * 10 + window))
  return {
    group: GROUP,
    columns,
    starts,
    cache: new Map([['key.0', new Tensor('float32', cache, [rows, HEADS, columns, SIZE])]]),
    tokens: new Tensor('int64', tokens, [rows, columns + 1]),
    counters: new Map<string, Tensor>([
      [
        'sums',
        new Tensor(
          'float32',
          Float32Array.from({length: rows}, (_, row) => id * 10 + row),
          [rows],
        ),
      ],
      ['ended_counts', new Tensor('int64', counts, [starts.length])],
    ]),
  }
}

/** What a window's rows hold, without the columns that fill them up. */
function contents(state: LoopState, window: number) {
  const start = state.starts[window]!
  const cache = numbersOf(state.cache.get('key.0')!) as Float32Array
  const tokens = numbersOf(state.tokens) as BigInt64Array
  return Array.from({length: GROUP}, (_, index) => {
    const row = window * GROUP + index
    const heads = Array.from({length: HEADS}, (_, head) => {
      const first = (row * HEADS + head) * state.columns
      return [...cache.subarray((first + start) * SIZE, (first + state.columns) * SIZE)]
    })
    const first = row * (state.columns + 1)
    return {
      heads,
      tokens: [...tokens.subarray(first + start, first + state.columns + 1)],
      sum: numbersOf(state.counters.get('sums')!)[row],
      ended: numbersOf(state.counters.get('ended_counts')!)[window],
    }
  })
}

describe('states of the loop', () => {
  const [a, b] = [makeState(1, [0, 4, 2], 9), makeState(2, [3, 0], 6)]

  test.each([
    [
      'one leaves',
      [
        [a, 0],
        [a, 2],
      ],
    ],
    [
      'the longest leaves',
      [
        [a, 1],
        [a, 2],
      ],
    ],
    [
      'places change',
      [
        [a, 2],
        [a, 0],
        [a, 1],
      ],
    ],
    [
      'others join',
      [
        [a, 0],
        [b, 0],
        [a, 1],
        [b, 1],
      ],
    ],
    ['a short one alone', [[b, 0]]],
  ] as const)('%s: every window keeps what it has, and there is no more padding than needed', (_, chosen) => {
    const picks = chosen.map(([state, window]) => ({state, window}))
    const joined = regroup(picks)
    for (const [index, {state, window}] of picks.entries())
      expect(contents(joined, index)).toEqual(contents(state, window))
    expect(Math.min(...joined.starts)).toBe(0)
    const rows = picks.length * GROUP
    expect(joined.cache.get('key.0')!.dims).toEqual([rows, HEADS, joined.columns, SIZE])
    expect(joined.tokens.dims).toEqual([rows, joined.columns + 1])
    // Where a row is filled up stands its first token, so that rules about tokens seen find no new one.
    const tokens = numbersOf(joined.tokens) as BigInt64Array
    for (let row = 0; row < rows; row++) {
      const [first, start] = [row * (joined.columns + 1), joined.starts[Math.floor(row / GROUP)]!]
      expect(new Set(tokens.subarray(first, first + start + 1)).size).toBe(1)
    }
  })

  test('nothing is copied where nothing changes', () => {
    expect(regroup([0, 1, 2].map(window => ({state: a, window})))).toBe(a)
  })
})

describe('the tensors of several windows', () => {
  const makeWindow = (id: number) =>
    new Map([['cross_key.0', new Tensor('float32', Float32Array.of(id, id + 0.5), [1, 2])]])
  const [one, two, three] = [makeWindow(1), makeWindow(2), makeWindow(3)]
  const stacked = (stack: WindowStack, windows: readonly ReturnType<typeof makeWindow>[]) => {
    const tensor = stack.stack(windows).get('cross_key.0')!
    return [tensor.dims, [...(tensor.data as Float32Array)]]
  }

  test('stand under one another, whoever comes and goes', () => {
    const stack = new WindowStack(3)
    expect(stacked(stack, [one, two])).toEqual([
      [2, 2],
      [1, 1.5, 2, 2.5],
    ])
    expect(stacked(stack, [one, two, three])).toEqual([
      [3, 2],
      [1, 1.5, 2, 2.5, 3, 3.5],
    ])
    expect(stacked(stack, [three, two])).toEqual([
      [2, 2],
      [3, 3.5, 2, 2.5],
    ])
    expect(stacked(stack, [one, two])).toEqual([
      [2, 2],
      [1, 1.5, 2, 2.5],
    ])
  })

  test('are those of the window itself where there is one', () => {
    expect(new WindowStack(2).stack([two])).toBe(two)
  })
})

test.each([
  [['a', 'b', 'c'], [], ['a', 'b', 'c']],
  [['a', undefined, 'c'], [], ['a', 'c']],
  [[undefined, 'b', 'c', 'd'], [], ['d', 'b', 'c']],
  [[undefined, 'b', undefined, 'd'], ['x'], ['x', 'b', 'd']],
  [
    ['a', undefined],
    ['x', 'y'],
    ['a', 'x', 'y'],
  ],
  [[undefined, undefined], [], []],
])('places %j with %j are %j: who stays moves only where a place would be empty', (places, added, expected) => {
  expect(fillPlaces<string>(places, added)).toEqual(expected)
})
