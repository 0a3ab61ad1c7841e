import {readFileSync} from 'node:fs'
import {describe, expect, test} from 'vitest'
import {countWarmupSteps, createSchedule, ScheduleOptions} from '../../../src/pipeline/training/schedule.js'

const goldens: {
  readonly name: string
  readonly kwargs: Readonly<Record<string, unknown>>
  readonly warmup: number
  readonly steps: number
  readonly rates: readonly number[]
}[] = JSON.parse(readFileSync(new URL('../../data/training-reference/metrics/schedules.json', import.meta.url), 'utf8'))

/** Our names of transformers' settings. */
const NAMES: Readonly<Record<string, string>> = {
  num_cycles: 'cycles',
  min_lr_rate: 'minimumRatio',
  min_lr_ratio: 'minimumRatio',
  lr_end: 'endLearningRate',
  power: 'power',
  timescale: 'timescale',
  num_decay_steps: 'decaySteps',
  num_stable_steps: 'stableSteps',
  warmup_type: 'warmupShape',
  decay_type: 'decayShape',
}

describe("rates are those of transformers' schedules", () => {
  test.each(goldens.map(golden => [golden.name, JSON.stringify(golden.kwargs), golden] as const))(
    '%s %s',
    (name, _, {kwargs, warmup, steps, rates}) => {
      const settings = Object.fromEntries(Object.entries(kwargs).map(([key, value]) => [NAMES[key] ?? key, value]))
      const options = ScheduleOptions.parse({type: name.replace('_with_min_lr', ''), ...settings})
      const schedule = createSchedule(options, {learningRate: 0.003, steps, warmupSteps: warmup})
      expect(rates.length).toBeGreaterThan(steps)
      for (const [step, rate] of rates.entries()) expect(Math.abs(schedule(step) - rate)).toBeLessThan(1e-17)
    },
  )

  test('every kind is among them', () => {
    const kinds = ScheduleOptions.options.map(option => option.shape.type.value)
    expect(kinds.filter(kind => !goldens.some(({name}) => name === kind))).toEqual([])
  })
})

test.each([
  ['nothing', {}, 0],
  ['steps', {warmupSteps: 7}, 7],
  ['a share, rounded up', {warmupRatio: 0.03}, 4],
  ['steps, which count for more than a share', {warmupSteps: 7, warmupRatio: 0.5}, 7],
  ['steps below one, which are a share', {warmupSteps: 0.5, warmupRatio: 0.1}, 51],
])('warm-up by %s', (_, options, steps) => {
  expect(countWarmupSteps(101, options)).toBe(steps)
})

test.each([
  ['a polynomial that rises', {type: 'polynomial', endLearningRate: 0.01}, 'ends at 0.01, not below the learning rate'],
  ['stages longer than the run', {type: 'warmup_stable_decay', decaySteps: 18}, 'are more than all 20'],
  [
    'stable steps that are too many',
    {type: 'warmup_stable_decay', decaySteps: 6, stableSteps: 10},
    'are more than all',
  ],
])('%s is refused', (_, options, message) => {
  const span = {learningRate: 0.003, steps: 20, warmupSteps: 5}
  expect(() => createSchedule(ScheduleOptions.parse(options), span)).toThrow(message)
})

test('a setting of another schedule is refused', () => {
  expect(ScheduleOptions.safeParse({type: 'linear', cycles: 2}).success).toBe(false)
})
