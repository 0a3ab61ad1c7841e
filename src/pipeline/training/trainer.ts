import type {RunSettings} from './config/train-config.js'
import type {BatchStream, DataPosition} from './data/batch-stream.js'
import type {FeatureThreads} from './data/feature-threads.js'
import {createDivergenceGuard} from './divergence.js'
import {type EarlyStoppingState, observeEvaluation} from './early-stopping.js'
import type {TrainingEngine} from './engine/training-engine.js'
import {type DevSet, evaluateSet} from './evaluate-set.js'
import {LossWindow} from './loss-window.js'
import type {Schedule} from './schedule.js'
import type {FeatureBatch, LossResult, TrainingTask} from './tasks/training-task.js'
import type {EvaluationResult, TrainEvent} from './train-events.js'

/** Where a run is between two steps. */
export interface RunPosition {
  readonly step: number
  readonly data: DataPosition
  /** Gone through, with the fraction of the one under way. */
  readonly epochs: number
  readonly stopping: EarlyStoppingState
  /** Of the evaluation after this very step; null where there was none. */
  readonly value: number | null
  /** False where the run was interrupted in the evaluation that is due here. */
  readonly evaluated: boolean
}

export interface TrainerOptions {
  readonly settings: RunSettings
  readonly task: TrainingTask
  readonly engine: TrainingEngine
  readonly stream: BatchStream
  readonly threads: FeatureThreads
  readonly dev: readonly DevSet[]
  readonly steps: number
  readonly schedule: Schedule
  readonly start: RunPosition
  /** Which there is a checkpoint of; null for a new run, which can be resumed even if it is interrupted before its first step. */
  readonly savedStep: number | null
  readonly emit: (event: TrainEvent) => void
  /** Writes a checkpoint of this position. */
  readonly save: (position: RunPosition) => Promise<void>
  readonly signal: AbortSignal
}

export interface TrainerOutcome {
  readonly reason: 'finished' | 'early-stop' | 'interrupted'
  readonly position: RunPosition
}

/** Frames of 10 ms. */
const FRAMES_PER_SECOND = 100

/**
 * Learns until the steps are done, until evaluations get no better, or until the signal comes: then a checkpoint is
 * written first.
 *
 * @throws LinguluError TRAINING_DIVERGED; what the task, the engine and `save` throw
 */
export async function runTrainer(options: TrainerOptions): Promise<TrainerOutcome> {
  const {settings, steps, signal, start, save} = options
  const parts = {guard: createDivergenceGuard(), window: new LossWindow()}
  const clock = openStepClock(options, parts.window)
  let position = start
  let saved = options.savedStep
  const saveOnce = async () => {
    if (saved !== position.step) await save(position)
    saved = position.step
  }
  const isDue = (every: number, step = position.step) => step % every === 0 || step === steps
  const interrupted = async (): Promise<TrainerOutcome> => {
    await saveOnce()
    return {reason: 'interrupted', position}
  }
  // A run that was interrupted in an evaluation begins with it.
  let pending = !start.evaluated && options.dev.length > 0
  while (pending || position.step < steps) {
    if (signal.aborted) return interrupted()
    if (!pending) {
      const taken = await takeStep(options, position, parts)
      pending = options.dev.length > 0 && isDue(settings.eval_steps, taken.position.step)
      position = {...position, ...taken.position, value: null, evaluated: !pending}
      if (isDue(settings.logging_steps)) clock.tell(position, taken)
    }
    let [stop, isBest, isRepeated] = [false, false, false]
    if (pending) {
      const result = await clock.paused(() => evaluate(options, position))
      if (result === undefined) return interrupted()
      pending = false
      stop = result.stop
      isBest = result.isBest
      position = {...position, stopping: result.stopping, value: result.value, evaluated: true}
      // A checkpoint that was made before the evaluation is to know of it.
      isRepeated = saved === position.step
      if (isRepeated) saved = null
    }
    // The best one is what the run ends with, also where it falls between two that are due.
    if (stop || isBest || isRepeated || isDue(settings.save_steps)) await clock.paused(saveOnce)
    if (stop) return {reason: 'early-stop', position}
  }
  return {reason: 'finished', position}
}

/** Times steps, without what stands between them. */
function openStepClock({emit, start, steps}: TrainerOptions, window: LossWindow) {
  const runBegan = performance.now()
  let began = runBegan
  return {
    tell({step, epochs}: RunPosition, {rate, gradientNorm}: {readonly rate: number; readonly gradientNorm: number}) {
      const now = performance.now()
      const seconds = (now - began) / 1000
      const {frames, audioSeconds, ...totals} = window.take()
      emit({
        type: 'step',
        step,
        epoch: epochs,
        ...totals,
        learningRate: rate,
        gradientNorm,
        framesPerSecond: frames / seconds,
        audioSecondsPerSecond: audioSeconds / seconds,
        secondsLeft: ((now - runBegan) / 1000 / (step - start.step)) * (steps - step),
      })
      began = now
    },
    async paused<Result>(work: () => Promise<Result>): Promise<Result> {
      const from = performance.now()
      const result = await work()
      began += performance.now() - from
      return result
    },
  }
}

interface StepParts {
  readonly guard: ReturnType<typeof createDivergenceGuard>
  readonly window: LossWindow
}

/** One step: the gradients of one batch or several, and what they change. */
async function takeStep(
  {settings, task, engine, stream, schedule}: TrainerOptions,
  {step: done}: RunPosition,
  {guard, window}: StepParts,
) {
  const micro = settings.gradient_accumulation_steps
  const step = done + 1
  let gradients: Float32Array | undefined
  let count = 0
  let sum = 0
  let lossCount = 0
  let last: {readonly data: DataPosition; readonly epochs: number} | undefined
  const ids: string[] = []
  for (let part = 0; part < micro; part++) {
    const {features, next, epochs} = await stream.next()
    last = {data: next, epochs}
    const own = features.rows.flatMap(row => row.map(({id}) => id))
    ids.push(...own)
    const {inputs, lossOf} = await task.batch(features)
    let result: LossResult | undefined
    const found = await engine.gradients(
      inputs,
      output => {
        if (output.values.some(value => !Number.isFinite(value))) guard({step, loss: Number.NaN, ids: own})
        result = lossOf(output)
        guard({step, loss: result.loss.sum, ids: own})
        return result.gradient
      },
      done * micro + part,
    )
    if (result === undefined) throw new Error('An engine asks for the gradient of the loss.')
    gradients = gradients === undefined ? found : added(gradients, found)
    count += result.count
    sum += result.loss.sum
    lossCount += result.loss.count
    window.add(result, heardIn(features))
  }
  if (gradients === undefined || last === undefined) throw new Error('A step has at least one batch.')
  const rate = schedule(done)
  const gradientNorm = await engine.update(gradients, {rate, scale: 1 / Math.max(1, count)})
  guard({step, loss: sum / Math.max(1, lossCount), gradientNorm, ids})
  return {position: {step, data: last.data, epochs: last.epochs}, rate, gradientNorm}
}

function added(sum: Float32Array, other: Float32Array): Float32Array {
  const result = new Float32Array(sum.length)
  for (let i = 0; i < sum.length; i++) result[i] = (sum[i] as number) + (other[i] as number)
  return result
}

function heardIn({rows, lengths}: FeatureBatch) {
  const audioSeconds = rows.reduce((total, row) => total + row.reduce((inner, {seconds}) => inner + seconds, 0), 0)
  const frames = lengths.length === 0 ? FRAMES_PER_SECOND * audioSeconds : lengths.reduce((a, b) => a + b, 0)
  return {audioSeconds, frames}
}

/** Measures all dev sets; the first decides whether this is the best so far, and whether to stop. Undefined if interrupted. */
async function evaluate(options: TrainerOptions, position: RunPosition) {
  const {settings, task, dev, emit, signal} = options
  const began = performance.now()
  const results: EvaluationResult[] = []
  const rows = settings.per_device_eval_batch_size
  try {
    for (const set of dev) results.push(await evaluateSet(set, {...options, rows}))
  } catch (error) {
    if (signal.aborted) return undefined
    throw error
  }
  const {metric, greaterIsBetter} = task.best
  const value = results[0]?.metrics[settings.metric_for_best_model ?? metric] ?? null
  const {state, isBest, stop} = observeEvaluation(
    position.stopping,
    {step: position.step, value},
    {patience: settings.early_stopping_patience, threshold: settings.early_stopping_threshold, greaterIsBetter},
  )
  const seconds = (performance.now() - began) / 1000
  emit({type: 'evaluation', step: position.step, epoch: position.epochs, seconds, results, best: isBest})
  return {stopping: state, value, isBest, stop}
}
