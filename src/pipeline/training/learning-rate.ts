import {z} from 'zod'
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
} as const

/** The learning rate of a run. @throws LinguluError CONFIG_INVALID for a setting that the schedule does not have */
export function learningRateOf(settings: RunSettings, steps: number): Schedule {
  const {lr_scheduler_type: type, lr_scheduler_kwargs: kwargs, learning_rate: learningRate} = settings
  const given = Object.entries(kwargs).map(([key, value]) => [NAMES[key as keyof typeof NAMES], value] as const)
  const parsed = ScheduleOptions.safeParse({type, ...Object.fromEntries(given)})
  if (!parsed.success)
    throw new LinguluError('CONFIG_INVALID', `lr_scheduler_kwargs of ${type}\n${z.prettifyError(parsed.error)}`)
  const warmupSteps = countWarmupSteps(steps, {
    warmupSteps: settings.warmup_steps,
    warmupRatio: settings.warmup_ratio,
  })
  return createSchedule(parsed.data, {learningRate, steps, warmupSteps})
}
