import type {EvaluationResult, TrainEvent, TrainEventOf} from '../train-events.js'
import type {SummaryValue} from './event-record.js'

/** The points that an event adds to the curves in TensorBoard. Values that are not there add none. */
export function summaryValues(event: TrainEvent): {readonly step: number; readonly values: SummaryValue[]} | undefined {
  if (event.type === 'step') return {step: event.step, values: stepValues(event)}
  if (event.type === 'evaluation') return {step: event.step, values: event.results.flatMap(resultValues)}
  return undefined
}

function stepValues(event: TrainEventOf<'step'>): SummaryValue[] {
  return points('train', {
    loss: event.loss,
    ...Object.fromEntries(Object.entries(event.parts).map(([part, loss]) => [`loss/${part}`, loss])),
    learning_rate: event.learningRate,
    gradient_norm: event.gradientNorm,
    epoch: event.epoch,
    frames_per_second: event.framesPerSecond,
    audio_seconds_per_second: event.audioSecondsPerSecond,
  })
}

const resultValues = ({dataset, metrics}: EvaluationResult): SummaryValue[] => points(`eval/${dataset}`, metrics)

const points = (group: string, values: Readonly<Record<string, number | null>>): SummaryValue[] =>
  Object.entries(values).flatMap(([name, value]) => (value === null ? [] : [{tag: `${group}/${name}`, value}]))
