import {describe, expect, test} from 'vitest'
import {bootstrapRate} from '../../../src/pipeline/statistics/bootstrap.js'
import {pairedBootstrap} from '../../../src/pipeline/statistics/paired-bootstrap.js'
import {chooseUnits} from '../../../src/pipeline/statistics/units.js'
import {reference, referenceItems} from './reference.js'

interface Interval {
  readonly seed: number
  readonly samples: number
  readonly level: number
  readonly rate: [number, number]
  readonly difference: [number, number]
  readonly p: number
  readonly improvement: number
}
const golden: {intervals: Interval[]; scipy: [number, number]} = reference('bootstrap')
const pairs = referenceItems.map(({unit, errors, length, other}) => ({
  unit,
  firstErrors: errors,
  firstLength: length,
  secondErrors: other,
  secondLength: length,
}))

describe('intervals by speaker', () => {
  test.each(golden.intervals)('are those of the reference with seed $seed', ({seed, samples, level, rate}) => {
    const interval = bootstrapRate(referenceItems, {by: 'speaker', seed, samples, level})
    expect(interval).toMatchObject({level, method: 'bootstrap', by: 'speaker', units: 23, samples, seed})
    expect(interval?.low).toBeCloseTo(rate[0], 12)
    expect(interval?.high).toBeCloseTo(rate[1], 12)
  })

  test('are those of SciPy with its own draws', () => {
    const interval = bootstrapRate(referenceItems, {by: 'speaker'})
    expect(Math.abs((interval?.low ?? 0) - golden.scipy[0])).toBeLessThan(0.001)
    expect(Math.abs((interval?.high ?? 0) - golden.scipy[1])).toBeLessThan(0.001)
    expect(interval).toMatchObject({level: 0.95, samples: 10_000, seed: 1})
  })

  test('do not depend on the order of the utterances', () => {
    expect(bootstrapRate([...referenceItems].reverse(), {by: 'speaker'})).toEqual(
      bootstrapRate(referenceItems, {by: 'speaker'}),
    )
  })

  test('are wider than by utterance where speakers differ', () => {
    const single = referenceItems.map((item, index) => ({...item, unit: String(index)}))
    const width = (items: typeof single) => {
      const {low = 0, high = 0} = bootstrapRate(items, {by: 'utterance'}) ?? {}
      return high - low
    }
    expect(width(referenceItems)).toBeGreaterThan(1.2 * width(single))
  })
})

describe('there is no interval', () => {
  test.each([
    ['of nothing', []],
    ['of one unit', [{unit: 'a', errors: 1, length: 5}]],
    [
      'without words',
      [
        {unit: 'a', errors: 1, length: 0},
        {unit: 'b', errors: 0, length: 0},
      ],
    ],
  ])('%s', (_, items) => expect(bootstrapRate(items, {by: 'utterance'})).toBeNull())
})

test('a unit without words does not break the others', () => {
  const items = [
    {unit: 'a', errors: 1, length: 0},
    {unit: 'b', errors: 1, length: 10},
  ]
  expect(bootstrapRate(items, {by: 'utterance'})).toMatchObject({low: 0.1, high: 0.2})
})

test('10 000 resamples of 2 939 utterances take well under a second', () => {
  const items = Array.from({length: 2939}, (_, index) => ({unit: `u${index}`, errors: index % 3, length: 18}))
  const start = performance.now()
  expect(bootstrapRate(items, {by: 'utterance'})?.units).toBe(2939)
  expect(performance.now() - start).toBeLessThan(3000)
})

describe('the difference of two systems', () => {
  test.each(golden.intervals)('has the interval of the reference with seed $seed', expected => {
    const {seed, samples, level, difference, p, improvement} = expected
    const result = pairedBootstrap(pairs, {by: 'speaker', seed, samples, level})
    expect(result?.low).toBeCloseTo(difference[0], 12)
    expect(result?.high).toBeCloseTo(difference[1], 12)
    expect(result?.p).toBeCloseTo(p, 12)
    expect(result?.improvement).toBeCloseTo(improvement, 12)
    const total = (of: (pair: (typeof pairs)[number]) => number) => pairs.reduce((sum, pair) => sum + of(pair), 0)
    const words = total(({firstLength}) => firstLength)
    expect(result?.difference).toBeCloseTo((total(pair => pair.secondErrors) - total(pair => pair.firstErrors)) / words)
  })

  test('of a system with itself is nothing', () => {
    const same = pairs.map(pair => ({...pair, secondErrors: pair.firstErrors}))
    expect(pairedBootstrap(same, {by: 'speaker'})).toMatchObject({difference: 0, low: 0, high: 0, p: 1, improvement: 0})
  })

  test('turned round has the sign turned round', () => {
    const turned = pairs.map(pair => ({...pair, firstErrors: pair.secondErrors, secondErrors: pair.firstErrors}))
    const [there, back] = [pairedBootstrap(pairs, {by: 'speaker'}), pairedBootstrap(turned, {by: 'speaker'})]
    expect(back?.low).toBeCloseTo(-(there?.high ?? 0), 12)
    expect(back?.p).toBeCloseTo(there?.p ?? 0, 12)
  })

  test('cannot be had of one unit', () => expect(pairedBootstrap(pairs.slice(0, 1), {by: 'speaker'})).toBeNull())
})

describe('units', () => {
  test.each([
    ['two speakers', ['x', 'y'], 'speaker', ['speaker x', 'speaker y']],
    ['one speaker', ['x', 'x'], 'utterance', ['u0', 'u1']],
    ['none', [undefined, undefined], 'utterance', ['u0', 'u1']],
    ['an utterance without', ['x', 'y', undefined], 'speaker', ['speaker x', 'speaker y', 'utterance u2']],
  ])('with %s', (_, speakers, by, units) => {
    const utterances = speakers.map((speaker, index) => ({id: `u${index}`, speaker}))
    const chosen = chooseUnits(utterances)
    expect(chosen.by).toBe(by)
    expect(utterances.map(chosen.unitOf)).toEqual(units)
  })
})
