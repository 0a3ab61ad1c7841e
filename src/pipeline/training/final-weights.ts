import {bestFirst} from './best-checkpoints.js'
import {checkpointFolder} from './checkpoint/checkpoint-files.js'
import {rateCheckpoints, readCheckpoint} from './checkpoint/read-checkpoint.js'
import {isBetter} from './early-stopping.js'
import {evaluateSet} from './evaluate-set.js'
import type {TrainingRun} from './open-run.js'
import type {BestEvaluation, TrainEvent} from './train-events.js'
import type {RunPosition} from './trainer.js'

export interface FinalWeights {
  /** @throws LinguluError JOURNAL_INVALID */
  parameters(): Promise<Float32Array>
  /** What they were evaluated to be; null where nothing was. */
  readonly best: Omit<BestEvaluation, 'dataset' | 'metric'> | null
}

export interface FinalWeightsOptions {
  /** Of the run. */
  readonly folder: string
  readonly position: RunPosition
  readonly metric: string
  /** So many of the best checkpoints are averaged. */
  readonly average: number
  readonly rows: number
  readonly emit: (event: TrainEvent) => void
  readonly signal: AbortSignal
}

/**
 * The weights that a run ends with: those of its best checkpoint, or the mean of the best ones (as ESPnet and WeNet average
 * them; Izmailov et al., arXiv:1803.05407, why) where that is better on the first dev set; those that it has now where none
 * is there.
 *
 * @throws LinguluError JOURNAL_INVALID; the signal's reason
 */
export async function finalWeights(run: TrainingRun, options: FinalWeightsOptions): Promise<FinalWeights> {
  const {best} = options.position.stopping
  const {average, emit} = options
  const checkpoints = await rateCheckpoints(options.folder)
  const first = bestFirst(checkpoints, run.task.best.greaterIsBetter).slice(0, average)
  if (average > 1 && first.length < average) emit({type: 'warning', message: fewerThan(average, first.length)})
  if (best === null || checkpoints.every(({step}) => step !== best.step)) {
    const parameters = async () => (await run.engine.state()).parameters
    return {parameters, best: best && {...best, folder: null, averaged: []}}
  }
  const mean = await averageOf(run, first, {...options, than: best.value})
  if (mean !== undefined) return mean
  const folder = checkpointFolder(options.folder, best.step)
  return {
    parameters: async () => (await readCheckpoint(folder)).vectors.parameters,
    best: {...best, folder, averaged: []},
  }
}

const fewerThan = (wanted: number, found: number): string =>
  `average_best is ${wanted}, and only ${found} of the checkpoints that are left ${found === 1 ? 'was' : 'were'} evaluated: name data.dev, and let save_steps and eval_steps be the same.`

/** The mean of checkpoints, where there are several and it is better. */
async function averageOf(
  {task, engine, trainer}: TrainingRun,
  checkpoints: readonly {readonly step: number}[],
  {folder, position, metric, rows, emit, signal, than}: FinalWeightsOptions & {readonly than: number},
): Promise<FinalWeights | undefined> {
  if (checkpoints.length < 2) return undefined
  const steps = checkpoints.map(({step}) => step).sort((a, b) => a - b)
  const parameters = await meanOf(steps.map(step => checkpointFolder(folder, step)))
  await engine.load(parameters)
  const results = []
  for (const set of trainer.dev) {
    const {threads} = trainer
    results.push({...(await evaluateSet(set, {task, engine, threads, rows, signal})), examples: []})
  }
  const value = results[0]?.metrics[metric] ?? null
  const better = value !== null && isBetter(value, than, task.best.greaterIsBetter)
  emit({type: 'average', steps, results, better})
  return better
    ? {parameters: async () => parameters, best: {step: position.step, value, folder: null, averaged: steps}}
    : undefined
}

async function meanOf(folders: readonly string[]): Promise<Float32Array> {
  let sum: Float64Array | undefined
  for (const folder of folders) {
    const {parameters} = (await readCheckpoint(folder)).vectors
    sum ??= new Float64Array(parameters.length)
    for (const [index, value] of parameters.entries()) sum[index] = (sum[index] as number) + value
  }
  return Float32Array.from(sum ?? [], value => value / folders.length)
}
