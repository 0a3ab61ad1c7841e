import {z} from 'zod'
import {LinguluError} from '../errors.js'

const shape = z.enum(['linear', 'cosine', '1-sqrt'])
const ratio = z.number().min(0).max(1)

/** How the learning rate goes on after warm-up, with the settings of each kind. Names and defaults are transformers'. */
export const ScheduleOptions = z.discriminatedUnion('type', [
  z.strictObject({type: z.literal('linear')}),
  z.strictObject({
    type: z.literal('cosine'),
    cycles: z.number().min(0).default(0.5).describe('Waves of the cosine; half a wave ends at the minimum.'),
    minimumRatio: ratio.default(0).describe('The lowest rate, as a share of the learning rate.'),
  }),
  z.strictObject({
    type: z.literal('cosine_with_restarts'),
    cycles: z.int().min(1).default(1).describe('Half waves; each begins at the full rate.'),
  }),
  z.strictObject({
    type: z.literal('polynomial'),
    power: z.number().min(0).default(1),
    endLearningRate: z.number().min(0).default(1e-7),
  }),
  z.strictObject({type: z.literal('constant')}),
  z.strictObject({type: z.literal('constant_with_warmup')}),
  z.strictObject({
    type: z.literal('inverse_sqrt'),
    timescale: z.number().gt(0).optional().describe('Steps; default: those of warm-up, or 10,000 without one.'),
  }),
  z.strictObject({
    type: z.literal('warmup_stable_decay'),
    decaySteps: z.int().min(0),
    stableSteps: z.int().min(0).optional().describe('Default: what warm-up and decay leave of all steps.'),
    warmupShape: shape.default('linear'),
    decayShape: shape.default('cosine'),
    minimumRatio: ratio.default(0).describe('The rate before warm-up and after decay, as a share.'),
    cycles: z.number().min(0).default(0.5).describe('Waves of a cosine decay.'),
  }),
])
export type ScheduleOptions = Readonly<z.infer<typeof ScheduleOptions>>
export type ScheduleType = ScheduleOptions['type']

type Shape = z.infer<typeof shape>

/** What a schedule is for. */
export interface ScheduleSpan {
  /** The highest rate. */
  readonly learningRate: number
  /** All steps of the run. */
  readonly steps: number
  /** Of {@link countWarmupSteps}. */
  readonly warmupSteps: number
}

/** The learning rate of the step that follows so many finished ones: 0 for the first. */
export type Schedule = (finishedSteps: number) => number

/**
 * Steps of warm-up: `warmupSteps` where it is above 0 (below 1 it is a share of all steps, as in transformers 5), else that
 * share of all steps which `warmupRatio` gives, rounded up.
 */
export function countWarmupSteps(
  steps: number,
  {warmupSteps = 0, warmupRatio = 0}: {readonly warmupSteps?: number; readonly warmupRatio?: number},
): number {
  if (warmupSteps >= 1) return Math.trunc(warmupSteps)
  return Math.ceil(steps * (warmupSteps > 0 ? warmupSteps : warmupRatio))
}

/**
 * The schedules of `transformers.get_scheduler`, to the last digits that a double has: with a warm-up the first step has a
 * rate of 0. `constant` has no warm-up, whatever the span says. A `cosine` with a `minimumRatio` is transformers'
 * `cosine_with_min_lr`.
 *
 * @throws {LinguluError} CONFIG_INVALID where a polynomial would end above its beginning, or the stages of
 * `warmup_stable_decay` take more steps than there are.
 */
export function createSchedule(options: ScheduleOptions, span: ScheduleSpan): Schedule {
  const {learningRate, warmupSteps} = span
  const factor = factorOf(options, span)
  return step => learningRate * (step < warmupSteps ? factor.warmup(step / warmupSteps) : factor.after(step))
}

/** Shares of the learning rate. */
interface Factor {
  /** While the given share of warm-up is done. */
  warmup(progress: number): number
  /** After so many steps, warm-up being over. */
  after(step: number): number
}

type Kind<Type extends ScheduleType> = Extract<ScheduleOptions, {type: Type}>

function factorOf(options: ScheduleOptions, span: ScheduleSpan): Factor {
  const {steps, warmupSteps} = span
  const progress = (step: number) => (step - warmupSteps) / Math.max(1, steps - warmupSteps)
  switch (options.type) {
    case 'linear':
      return fromRise(step => Math.max(0, (steps - step) / Math.max(1, steps - warmupSteps)))
    case 'cosine': {
      const {cycles, minimumRatio} = options
      return fromRise(step => Math.max(0, fromFloor(cosine(cycles * 2 * progress(step)), minimumRatio)))
    }
    case 'cosine_with_restarts':
      return fromRise(step => (progress(step) >= 1 ? 0 : cosine((options.cycles * progress(step)) % 1)))
    case 'polynomial':
      return fromRise(polynomial(options, span))
    case 'constant':
      return {warmup: () => 1, after: () => 1}
    case 'constant_with_warmup':
      return fromRise(() => 1)
    case 'inverse_sqrt': {
      const {timescale = warmupSteps || 10_000} = options
      return fromRise(step => 1 / Math.sqrt((step + timescale - warmupSteps) / timescale))
    }
    case 'warmup_stable_decay':
      return warmupStableDecay(options, span)
  }
}

const fromRise = (after: Factor['after']): Factor => ({warmup: progress => progress, after})

/** 1 at 0, 0 at 1. */
const cosine = (progress: number): number => 0.5 * (1 + Math.cos(Math.PI * progress))

const fromFloor = (factor: number, minimum: number): number => factor * (1 - minimum) + minimum

function polynomial(
  {power, endLearningRate}: Kind<'polynomial'>,
  {learningRate, steps, warmupSteps}: ScheduleSpan,
): Factor['after'] {
  if (endLearningRate >= learningRate) {
    throw new LinguluError(
      'CONFIG_INVALID',
      `the polynomial schedule ends at ${endLearningRate}, not below the learning rate of ${learningRate}`,
      {hint: 'Give a lower end, or a higher learning rate.'},
    )
  }
  return step => {
    const left = step > steps ? 0 : 1 - (step - warmupSteps) / Math.max(1, steps - warmupSteps)
    const rate = (learningRate - endLearningRate) * left ** power + endLearningRate
    return rate / learningRate
  }
}

function warmupStableDecay(options: Kind<'warmup_stable_decay'>, {steps, warmupSteps}: ScheduleSpan): Factor {
  const {decaySteps, warmupShape, decayShape, minimumRatio, cycles} = options
  const {stableSteps = steps - warmupSteps - decaySteps} = options
  if (warmupSteps + Math.max(0, stableSteps) + decaySteps > steps) {
    throw new LinguluError(
      'CONFIG_INVALID',
      `warm-up (${warmupSteps}), stable (${Math.max(0, stableSteps)}) and decay (${decaySteps}) steps are more than all ${steps}`,
      {hint: 'Give fewer of them, or train for more steps.'},
    )
  }
  const decayStart = warmupSteps + stableSteps
  return {
    warmup: progress => fromFloor(RISES[warmupShape](progress), minimumRatio),
    after(step) {
      if (step < decayStart) return 1
      if (step >= decayStart + decaySteps) return minimumRatio
      const progress = (step - decayStart) / Math.max(1, decaySteps)
      const factor = decayShape === 'cosine' ? cosine(cycles * 2 * progress) : 1 - FALLS[decayShape](progress)
      return Math.max(0, fromFloor(factor, minimumRatio))
    },
  }
}

const RISES: Readonly<Record<Shape, (progress: number) => number>> = {
  linear: progress => progress,
  cosine: progress => 0.5 * (1 - Math.cos(Math.PI * progress)),
  '1-sqrt': progress => 1 - Math.sqrt(1 - progress),
}

/** How much is gone. */
const FALLS: Readonly<Record<Exclude<Shape, 'cosine'>, (progress: number) => number>> = {
  linear: progress => progress,
  '1-sqrt': progress => Math.sqrt(progress),
}
