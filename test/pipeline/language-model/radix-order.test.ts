import {expect, test} from 'vitest'
import {radixOrder} from '../../../src/pipeline/language-model/radix-order.js'

test('items are sorted by several keys, equals in the order in which they came', () => {
  const keys = [
    [5, 70_000],
    [1, 3],
    [5, 2],
    [1, 3],
    [0, 70_000],
  ]
  const order = Uint32Array.from(keys.keys())
  radixOrder(order, 2, 70_000, (key, items, into) => {
    for (const [i, item] of items.entries()) into[i] = keys[item]?.[key] ?? 0
  })
  expect([...order]).toEqual([4, 1, 3, 2, 0])
})
