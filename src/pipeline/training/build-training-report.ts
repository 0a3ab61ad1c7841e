import {percentile} from '../statistics/percentiles.js'
import type {MetricLine} from './metrics/metric-line.js'
import {thinCurve} from './thin-curve.js'
import type {SkippedAudio, TrainEvent, TrainEventOf} from './train-events.js'
import type {EvaluationPoint, TrainingReport} from './training-report.js'

/** What the log does not tell. */
export interface TrainingFacts
  extends Pick<TrainingReport, 'name' | 'configuration' | 'environment' | 'command' | 'warnings'> {
  readonly model: Pick<TrainingReport['model'], 'architecture' | 'hash' | 'bytes'>
}

/**
 * The report of a run from its log, of all runs that it was resumed from too.
 * @param lines in their order; with a plan and a `done` among them
 */
export function buildTrainingReport(lines: readonly MetricLine[], facts: TrainingFacts): TrainingReport {
  const events = lines.map(({event}) => event)
  const plans = allOf(events, 'plan')
  const plan = plans.at(-1)
  const done = allOf(events, 'done').at(-1)
  const [first, last] = [lines[0], lines.at(-1)]
  if (plan === undefined || done === undefined || first === undefined || last === undefined)
    throw new Error('a log of training has a plan and an end')
  const steps = allOf(events, 'step')
  const {reason, epochs, seconds, best, folder} = done
  const {task, engine, parameters, trainable} = plan
  const warnings = [...plan.warnings, ...allOf(events, 'warning').map(({message}) => message), ...facts.warnings]
  return {
    type: 'training',
    schema: 1,
    name: facts.name,
    task,
    engine,
    model: {...facts.model, parameters, trainable},
    configuration: facts.configuration,
    data: {train: plan.train, dev: plan.dev, sources: plan.sources, skipped: skippedOf(plan, events)},
    outcome: {
      reason,
      steps: done.steps,
      plannedSteps: plan.steps,
      epochs,
      seconds,
      resumes: plans.filter(({resumedStep}) => resumedStep !== null).length,
      best,
      folder,
    },
    speed: speedOf(steps),
    curve: thinCurve(steps),
    evaluations: evaluationPoints(allOf(events, 'evaluation')),
    average: averageOf(events),
    notes: plan.notes,
    environment: facts.environment,
    command: facts.command,
    startedAt: first.time,
    finishedAt: last.time,
    warnings: [...new Set(warnings)],
  }
}

const allOf = <Type extends TrainEvent['type']>(events: readonly TrainEvent[], type: Type): TrainEventOf<Type>[] =>
  events.filter((event): event is TrainEventOf<Type> => event.type === type)

function averageOf(events: readonly TrainEvent[]): TrainingReport['average'] {
  // That of a run which was gone on with later is not of this model.
  const last = allOf(events.slice(events.findLastIndex(({type}) => type === 'plan')), 'average').at(-1)
  if (last === undefined) return null
  const {steps, results, better} = last
  return {steps, results, better}
}

/** A resumed run may come across the same recordings again. */
function skippedOf(plan: TrainEventOf<'plan'>, events: readonly TrainEvent[]): SkippedAudio[] {
  const skipped = [...plan.skipped, ...allOf(events, 'skipped').map(({audio, reason}) => ({audio, reason}))]
  return [...new Map(skipped.map(one => [one.audio, one])).values()]
}

function speedOf(steps: readonly TrainEventOf<'step'>[]): TrainingReport['speed'] {
  if (steps.length === 0) return null
  const median = (of: (step: TrainEventOf<'step'>) => number) => percentile(steps.map(of), 50)
  return {
    framesPerSecond: median(({framesPerSecond}) => framesPerSecond),
    audioSecondsPerSecond: median(({audioSecondsPerSecond}) => audioSecondsPerSecond),
  }
}

/** One per step: of an evaluation that a resumed run did again the later one counts. */
function evaluationPoints(evaluations: readonly TrainEventOf<'evaluation'>[]): EvaluationPoint[] {
  const points = [...new Map(evaluations.map(evaluation => [evaluation.step, evaluation])).values()]
  const best = points.findLast(point => point.best)
  return points.map(({step, epoch, best: isBest, results}) => ({
    step,
    epoch,
    best: isBest && step === best?.step,
    results: results.map(result => (step === best?.step ? result : {...result, examples: []})),
  }))
}
