import {seededRandom} from '../../src/pipeline/decoding/random.js'
import {computeFeatures, stackRows} from '../../src/pipeline/training/data/compute-features.js'
import {openOrtEngine} from '../../src/pipeline/training/engine/ort-engine.js'
import type {ParameterPlace} from '../../src/pipeline/training/engine/parameters.js'
import type {TrainingEngine} from '../../src/pipeline/training/engine/training-engine.js'
import type {
  FeatureBatch,
  TrainingItem,
  TrainingTask,
  Weights,
} from '../../src/pipeline/training/tasks/training-task.js'
import {WhisperModelConfig, type WhisperModelInput} from '../../src/pipeline/training/tasks/whisper/whisper-config.js'
import {openWhisperTask, type WhisperTaskOptions} from '../../src/pipeline/training/tasks/whisper/whisper-task.js'

export interface Sound {
  readonly samples: Float32Array
  readonly text: string
}

export const openTask = (model: WhisperModelInput, options: Partial<WhisperTaskOptions> = {}): Promise<TrainingTask> =>
  openWhisperTask(WhisperModelConfig.parse(model), {threads: 1, ...options})

export const itemOf = ({samples, text}: Sound, id: string): TrainingItem => ({
  ...{id, audio: `${id}.wav`, seconds: samples.length / 16_000, text},
  ...{phones: undefined, speaker: undefined, label: undefined},
})

/** A batch as the trainer gives it; without features, where the task says that it has no need of them. */
export function batchOf(task: TrainingTask, sounds: readonly Sound[], name = 'sound'): FeatureBatch {
  const rows = sounds.map((sound, index) => [itemOf(sound, `${name} ${index}`)])
  const {features: settings} = task
  if (task.hasCached?.(rows)) return {rows, lengths: [], features: {values: new Float32Array(0), shape: [0, 0, 0]}}
  const computed = sounds.map(({samples}) => computeFeatures(samples, settings))
  const {features, shape, lengths} = stackRows(computed, settings.multiple)
  return {rows, lengths, features: {values: features, shape}}
}

/** With a learning rate that lets tiny models learn. */
export const openEngine = (task: TrainingTask, seed = 1): Promise<TrainingEngine> =>
  openOrtEngine(task.build, {
    threads: 1,
    adamW: {beta1: 0.9, beta2: 0.98, epsilon: 1e-8, weightDecay: 0, maxGradientNorm: 1},
    frozen: task.frozen,
    initial: (places: readonly ParameterPlace[]) => {
      const parameters = task.initial(places, seededRandom('weights', seed))
      const {length} = parameters
      return {parameters, first: new Float32Array(length), second: new Float32Array(length), steps: 0}
    },
  })

/** The mean loss before each step. */
export async function learn(
  task: TrainingTask,
  engine: TrainingEngine,
  batch: () => FeatureBatch,
  {steps, rate}: {readonly steps: number; readonly rate: number},
): Promise<number[]> {
  const losses: number[] = []
  for (let step = 0; step < steps; step++) {
    const {inputs, lossOf} = await task.batch(batch())
    let count = 1
    const gradients = await engine.gradients(
      inputs,
      output => {
        const {gradient, loss} = lossOf(output)
        losses.push(loss.sum / loss.count)
        count = loss.count
        return gradient
      },
      step,
    )
    await engine.update(gradients, {rate, scale: 1 / count})
  }
  return losses
}

export async function trainedWeights(engine: TrainingEngine): Promise<Weights> {
  const {parameters} = await engine.state()
  return new Map(
    engine.places.map(({name, shape, start, end}) => [name, {values: parameters.slice(start, end), shape}]),
  )
}

export async function evaluate(task: TrainingTask, engine: TrainingEngine, batch: FeatureBatch) {
  const scorer = await task.scorer(() => trainedWeights(engine))
  await scorer.add(batch, await engine.infer((await task.batch(batch)).inputs))
  return scorer.scores()
}
