import {expect, test} from 'vitest'
import {type PlannedSource, planEpoch, planEvaluation} from '../../../../src/pipeline/training/data/plan-epoch.js'
import type {SoundItem} from '../../../../src/pipeline/training/data/prepare-sounds.js'

const item = (id: number, seconds: number, speaker = `s${id % 3}`): SoundItem => ({
  item: {id: `u${id}`, audio: `${id}.wav`, seconds, text: 'A', phones: undefined, speaker, label: undefined},
  sound: {kind: 'spool', start: 0, samples: 0},
})
const items = Array.from({length: 60}, (_, id) => item(id, 1 + (id % 10)))
const source = (more: Partial<PlannedSource> = {}): PlannedSource => ({items, repeat: 1, join: undefined, ...more})
const size = {seconds: 30, rows: undefined}
const idsOf = (plan: ReturnType<typeof planEpoch>) =>
  plan.map(batch => batch.map(({parts}) => parts.map(part => part.item.id).join('+')))

test('every recording comes once, in batches of so many seconds with their padding', () => {
  const plan = planEpoch([source()], size, {seed: 1, epoch: 0})
  expect(idsOf(plan).flat().sort()).toEqual(items.map(({item: {id}}) => id).sort())
  for (const batch of plan) {
    const longest = Math.max(...batch.map(({parts}) => parts[0]!.item.seconds))
    expect(longest * batch.length).toBeLessThanOrEqual(30)
  }
})

test('rows of a batch are nearly as long as each other', () => {
  const plan = planEpoch([source()], size, {seed: 1, epoch: 0})
  const seconds = plan.flatMap(batch => batch.map(({parts}) => parts[0]!.item.seconds)).reduce((a, b) => a + b)
  const padded = plan.reduce(
    (sum, batch) => sum + batch.length * Math.max(...batch.map(({parts}) => parts[0]!.item.seconds)),
    0,
  )
  expect(seconds / padded).toBeGreaterThan(0.8)
})

test('the same seed and epoch give the same batches; others give others', () => {
  const plan = (seed: number, epoch: number) => idsOf(planEpoch([source()], size, {seed, epoch}))
  expect(plan(1, 2)).toEqual(plan(1, 2))
  expect(plan(1, 3)).not.toEqual(plan(1, 2))
  expect(plan(2, 2)).not.toEqual(plan(1, 2))
})

test.each([
  ['twice', 2, 120, 120],
  ['a half of them', 0.5, 20, 40],
  ['one and a half', 1.5, 75, 105],
])('recordings come %s', (_, repeat, least, most) => {
  const count = idsOf(planEpoch([source({repeat})], size, {seed: 5, epoch: 0})).flat().length
  expect(count).toBeGreaterThanOrEqual(least)
  expect(count).toBeLessThanOrEqual(most)
})

test('an epoch is never empty, however small a share of few recordings it has', () => {
  for (let epoch = 0; epoch < 20; epoch++) {
    const few = source({items: items.slice(0, 2), repeat: 0.001})
    expect(planEpoch([few], size, {seed: 5, epoch}).length).toBe(1)
  }
})

test('recordings of one speaker are strung together, each once', () => {
  const join = {maximum: 4, gapSeconds: [0, 0.2] as const}
  const rows = planEpoch([source({join})], {seconds: 200, rows: undefined}, {seed: 1, epoch: 0}).flat()
  expect(Math.max(...rows.map(({parts}) => parts.length))).toBeGreaterThan(1)
  expect(Math.max(...rows.map(({parts}) => parts.length))).toBeLessThanOrEqual(4)
  for (const {parts} of rows) expect(new Set(parts.map(part => part.item.speaker)).size).toBe(1)
  expect(rows.flatMap(({parts}) => parts.map(part => part.item.id)).sort()).toEqual(
    items.map(one => one.item.id).sort(),
  )
})

test('batches can have so many rows', () => {
  const plan = planEpoch([source()], {seconds: 1, rows: 7}, {seed: 1, epoch: 0})
  expect(plan.map(batch => batch.length).sort((a, b) => a - b)).toEqual([4, 7, 7, 7, 7, 7, 7, 7, 7])
})

test('for measuring, recordings come in the order of their length', () => {
  const seconds = planEvaluation(items, 16).flatMap(batch => batch.map(({parts}) => parts[0]!.item.seconds))
  expect(seconds).toEqual([...seconds].sort((a, b) => a - b))
  expect(seconds.length).toBe(60)
})
