import type {z} from 'zod'
import {LinguluError} from '../errors.js'
import type {RunSettings} from './config/train-config.js'
import {countWarmupSteps, createSchedule, type Schedule, ScheduleOptions} from './schedule.js'

/** Names of transformers' `lr_scheduler_kwargs`, and ours. */
const NAMES = {
  num_cycles: 'cycles',
  min_lr_rate: 'minimumRatio',
  power: 'power',
  lr_end: 'endLearningRate',
  timescale: 'timescale',
  num_stable_steps: 'stableSteps',
  num_decay_steps: 'decaySteps',
  decay_type: 'decayShape',
  warmup_type: 'warmupShape',
  min_lr_ratio: 'minimumRatio',
} as const

/** What is wrong, by the names that were given. */
function problems({issues}: z.ZodError, given: readonly string[]): string {
  const names = Object.entries(NAMES)
  const outer = (inner: unknown) =>
    (names.find(([name, own]) => own === inner && given.includes(name)) ??
      names.find(([, own]) => own === inner))?.[0] ?? inner
  return issues
    .flatMap(issue =>
      issue.code === 'unrecognized_keys'
        ? issue.keys.map(key => `✖ ${outer(key)} is no setting of it`)
        : [`✖ ${outer(issue.path[0])}: ${issue.message}`],
    )
    .join('\n')
}

/** The learning rate of a run. @throws LinguluError CONFIG_INVALID for a setting that the schedule does not have */
export function learningRateOf(settings: RunSettings, steps: number): Schedule {
  const {lr_scheduler_type: type, lr_scheduler_kwargs: kwargs, learning_rate: learningRate} = settings
  const given = Object.entries(kwargs).map(([key, value]) => [NAMES[key as keyof typeof NAMES], value] as const)
  const parsed = ScheduleOptions.safeParse({type, ...Object.fromEntries(given)})
  if (!parsed.success)
    throw new LinguluError(
      'CONFIG_INVALID',
      `lr_scheduler_kwargs of ${type}\n${problems(parsed.error, Object.keys(kwargs))}`,
      {hint: 'lingulu train --schema has the names and values of settings.'},
    )
  const warmupSteps = countWarmupSteps(steps, {
    warmupSteps: settings.warmup_steps,
    warmupRatio: settings.warmup_ratio,
  })
  return createSchedule(parsed.data, {learningRate, steps, warmupSteps})
}
