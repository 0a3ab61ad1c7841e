import {seededRandom} from '../../src/pipeline/decoding/random.js'
import {computeFeatures, stackRows} from '../../src/pipeline/training/data/compute-features.js'
import {openOrtEngine} from '../../src/pipeline/training/engine/ort-engine.js'
import {sizeOfAll} from '../../src/pipeline/training/engine/parameters.js'
import type {TrainingEngine} from '../../src/pipeline/training/engine/training-engine.js'
import type {
  FeatureBatch,
  TaskScores,
  TrainingItem,
  TrainingTask,
  Weights,
} from '../../src/pipeline/training/tasks/training-task.js'

const ADAMW = {beta1: 0.9, beta2: 0.98, epsilon: 1e-8, weightDecay: 0.01, maxGradientNorm: 5}

/** The engine that trains a task, with the weights that it begins with. */
export function openTaskEngine(task: TrainingTask): Promise<TrainingEngine> {
  return openOrtEngine(task.build, {
    threads: 1,
    adamW: ADAMW,
    frozen: task.frozen,
    initial: places => {
      const zeros = new Float32Array(sizeOfAll(places))
      return {parameters: task.initial(places, seededRandom('weights')), first: zeros, second: zeros, steps: 0}
    },
  })
}

/** Steps over the batches in turn. Gives the mean loss of each step. */
export async function takeSteps(
  task: TrainingTask,
  engine: TrainingEngine,
  {batches, steps, rate}: {readonly batches: readonly FeatureBatch[]; readonly steps: number; readonly rate: number},
): Promise<number[]> {
  const losses: number[] = []
  for (let step = 0; step < steps; step++) {
    const {inputs, lossOf} = await task.batch(batches[step % batches.length]!)
    let count = 1
    const gradients = await engine.gradients(
      inputs,
      output => {
        const result = lossOf(output)
        count = result.count
        losses.push(result.loss.sum / result.loss.count)
        return result.gradient
      },
      step,
    )
    await engine.update(gradients, {rate, scale: 1 / count})
  }
  return losses
}

/** What the scorer of a task says of batches. */
export async function evaluateTask(
  task: TrainingTask,
  engine: TrainingEngine,
  batches: readonly FeatureBatch[],
): Promise<TaskScores> {
  const scorer = await task.scorer(() => trainedWeights(engine))
  for (const batch of batches) await scorer.add(batch, await engine.infer((await task.batch(batch)).inputs))
  return await scorer.scores()
}

/** The weights that an engine has trained, by name. */
export async function trainedWeights(engine: TrainingEngine): Promise<Weights> {
  const {parameters} = await engine.state()
  return new Map(
    engine.places.map(({name, shape, start, end}) => [name, {values: parameters.slice(start, end), shape}] as const),
  )
}

export interface Sound {
  readonly item: TrainingItem
  readonly samples: Float32Array
}

/** Filter banks of sounds, as a training gives them to a task. */
export function batchOf(task: TrainingTask, sounds: readonly Sound[]): FeatureBatch {
  const rows = sounds.map(({samples}) => computeFeatures(samples, task.features))
  const {features, shape, lengths} = stackRows(rows, task.features.multiple)
  return {features: {values: features, shape}, lengths, rows: sounds.map(({item}) => [item])}
}

/** Tones that come and go, of these frequencies, in noise: 0.4 to 0.7 s at 16 kHz. */
export function beep(random: () => number, frequenciesHz: readonly number[]): Float32Array {
  const length = Math.round(16_000 * (0.4 + 0.3 * random()))
  const start = 0.1 + 0.3 * random()
  const level = 0.05 + 0.1 * random()
  const phases = frequenciesHz.map(() => 2 * Math.PI * random())
  const on = (sample: number) => sample / length > start && sample / length < start + 0.5
  return Float32Array.from({length}, (_, sample) => {
    const tones = frequenciesHz.map((hz, index) =>
      Math.sin((2 * Math.PI * hz * sample) / 16_000 + (phases[index] ?? 0)),
    )
    return 0.02 * (random() - 0.5) + (on(sample) ? level * tones.reduce((sum, tone) => sum + tone, 0) : 0)
  })
}

export const trainingItem = (known: Partial<TrainingItem> & {readonly id: string}): TrainingItem => ({
  audio: `${known.id}.wav`,
  seconds: 0.5,
  text: '',
  phones: undefined,
  speaker: undefined,
  label: undefined,
  ...known,
})

/** Sizes that train in seconds. */
export const TINY_ENCODER = {width: 16, layers: 1, heads: 2, feed_forward: 32, kernel: 5, dropout: 0, mels: 20}
