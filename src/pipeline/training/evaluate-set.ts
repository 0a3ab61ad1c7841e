import {weightsOf} from './checkpoint/weights-of.js'
import {computeBatch} from './data/batch-stream.js'
import type {FeatureThreads} from './data/feature-threads.js'
import {type PlannedBatch, planEvaluation} from './data/plan-epoch.js'
import type {SoundItem} from './data/prepare-sounds.js'
import type {TrainingEngine} from './engine/training-engine.js'
import type {TrainingTask} from './tasks/training-task.js'
import type {EvaluationResult} from './train-events.js'

/** Recordings that models are measured with. */
export interface DevSet {
  readonly name: string
  readonly items: readonly SoundItem[]
}

export interface EvaluateSetOptions {
  readonly task: TrainingTask
  readonly engine: TrainingEngine
  readonly threads: FeatureThreads
  /** Of a batch. */
  readonly rows: number
  readonly signal?: AbortSignal | undefined
}

/** So many examples of an evaluation are told. */
const EXAMPLES = 20

/** Runs the model as it is used over all recordings, and counts its errors. @throws the signal's reason, between two batches */
export async function evaluateSet(
  {name, items}: DevSet,
  {task, engine, threads, rows, signal}: EvaluateSetOptions,
): Promise<EvaluationResult> {
  const scorer = await task.scorer(async () => weightsOf(engine.places, (await engine.state()).parameters))
  const batches = planEvaluation(items, rows)
  const ask = (batch: PlannedBatch | undefined, index: number) => {
    const coming = batch && computeBatch(batch, {threads, task, augment: false, key: `dev/${index}`})
    coming?.catch(() => undefined)
    return coming
  }
  let coming = ask(batches[0], 0)
  for (const [index] of batches.entries()) {
    signal?.throwIfAborted()
    const features = await coming
    coming = ask(batches[index + 1], index + 1)
    if (features === undefined) throw new Error('There is a batch for each plan.')
    const {inputs} = await task.batch(features)
    await scorer.add(features, await engine.infer(inputs))
  }
  const {metrics, examples} = await scorer.scores()
  return {
    dataset: name,
    utterances: items.length,
    metrics: Object.fromEntries(Object.entries(metrics).map(([key, v]) => [key, Number.isFinite(v) ? v : null])),
    examples: examples.slice(0, EXAMPLES),
  }
}
