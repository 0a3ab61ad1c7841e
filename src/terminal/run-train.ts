import {LinguluError} from '../pipeline/errors.js'
import {type TrainOptions, train} from '../pipeline/train.js'
import type {TrainConfig} from '../pipeline/training/config/train-config.js'
import type {TrainEventOf} from '../pipeline/training/train-events.js'
import {interruptSignal} from './interrupt.js'
import {openTrainProgress} from './train-progress.js'

export interface TrainResult {
  readonly plan: TrainEventOf<'plan'>
  /** The last one; null where nothing was measured. */
  readonly evaluation: TrainEventOf<'evaluation'> | null
  readonly done: TrainEventOf<'done'>
}

const NOTHING_DONE = [
  'INTERRUPTED',
  'Interrupted before the first step.',
  {hint: 'The same command begins again.'},
] as const

/** Trains, and shows how it goes on. */
export async function runTrain(
  config: TrainConfig,
  options: TrainOptions,
  {quiet}: {readonly quiet: boolean},
): Promise<TrainResult> {
  using interrupt = interruptSignal('Interrupted. A checkpoint was written.', 'The same command with --resume goes on.')
  const progress = await openTrainProgress({quiet, stderr: process.stderr})
  let plan: TrainEventOf<'plan'> | undefined
  let evaluation: TrainEventOf<'evaluation'> | null = null
  let done: TrainEventOf<'done'> | undefined
  try {
    for await (const event of train(config, options, {signal: interrupt.signal})) {
      progress.show(event)
      if (event.type === 'plan') plan = event
      if (event.type === 'evaluation') evaluation = event
      if (event.type === 'done') done = event
    }
  } catch (error) {
    throw plan === undefined && interrupt.signal.aborted ? new LinguluError(...NOTHING_DONE) : error
  } finally {
    progress.close()
  }
  if (plan === undefined || done === undefined) throw new Error('A training ends with done.')
  return {plan, evaluation, done}
}
