import {readFileSync} from 'node:fs'
import {fileURLToPath} from 'node:url'
import {openCheckpoint} from '../../src/pipeline/export/checkpoint.js'
import {floatSource, readFloats} from '../../src/pipeline/export/float-source.js'
import {readSafetensors} from '../../src/pipeline/export/safetensors-read.js'
import {WhisperConfig} from '../../src/pipeline/export/whisper/config.js'
import {AS_IT_IS} from '../../src/pipeline/training/architectures/whisper-layers.js'
import {trainedWhisper} from '../../src/pipeline/training/architectures/whisper-models.js'
import {declaredParameters} from '../../src/pipeline/training/engine/declared-parameters.js'
import type {ParameterPlace} from '../../src/pipeline/training/engine/parameters.js'
import type {AdamWOptions, Batch} from '../../src/pipeline/training/engine/training-engine.js'
import type {Weights} from '../../src/pipeline/training/tasks/training-task.js'
import {initialWhisper} from '../../src/pipeline/training/tasks/whisper/initial-whisper.js'
import {countedLabels, tokenInputs} from '../../src/pipeline/training/tasks/whisper/whisper-labels.js'
import {readWhisperWeights} from '../../src/pipeline/training/tasks/whisper/whisper-source.js'

/** A tiny random Whisper with what PyTorch makes of it; see the README there. */
export const goldenWhisper = (name = '') =>
  fileURLToPath(new URL(`../data/training-reference/whisper/${name}`, import.meta.url))

const START_OF_TRANSCRIPT = 3
const SKIPPED = -100

export interface WhisperGolden {
  readonly features: readonly number[]
  readonly labels: readonly (readonly number[])[]
  readonly losses: Readonly<Record<string, number>>
  readonly steps: readonly {readonly loss: number; readonly norm: number}[]
  readonly 'own loss': number
  readonly 'logits after': readonly number[]
}

export async function readWhisperGolden() {
  const golden: WhisperGolden = JSON.parse(readFileSync(goldenWhisper('whisper.json'), 'utf8'))
  const config = WhisperConfig.parse(JSON.parse(readFileSync(goldenWhisper('start/config.json'), 'utf8')))
  const checkpoint = await openCheckpoint(goldenWhisper('start'))
  const whole = trainedWhisper({...AS_IT_IS, config, hears: 'features', smoothing: false})
  const weights = await readWhisperWeights(checkpoint, declaredParameters(whole))
  const positions = await readTensor(goldenWhisper('start/model.safetensors'), 'model.encoder.embed_positions.weight')
  const rows = golden.labels.map(padded => {
    const labels = padded.filter(label => label !== SKIPPED)
    return {labels, tokens: [START_OF_TRANSCRIPT, ...labels.slice(0, -1)]}
  })
  const frames = 2 * config.max_source_positions
  const inputs: Batch = {
    features: {values: Float32Array.from(golden.features), shape: [rows.length, frames, config.num_mel_bins]},
    encoder_positions: {values: positions, shape: [config.max_source_positions, config.d_model]},
    ...tokenInputs(rows, config.vocab_size - 1),
  }
  return {golden, config, weights, inputs, labels: countedLabels(rows)}
}

export async function readTensor(path: string, name: string): Promise<Float32Array> {
  const tensor = (await readSafetensors(path)).tensors.get(name)
  if (tensor === undefined) throw new Error(`${path} has no ${name}`)
  return readFloats(floatSource(tensor))
}

export const engineOptions = (weights: Weights, adamW: Partial<AdamWOptions> = {}, random = () => 0.5) => ({
  threads: 1,
  adamW: {beta1: 0.9, beta2: 0.98, epsilon: 1e-8, weightDecay: 0.1, maxGradientNorm: 1, ...adamW},
  frozen: new Map([...weights].map(([name, {values}]) => [name, values])),
  initial: (places: readonly ParameterPlace[]) => {
    const parameters = initialWhisper(places, weights, random)
    return {
      parameters,
      first: new Float32Array(parameters.length),
      second: new Float32Array(parameters.length),
      steps: 0,
    }
  },
})

/** The largest difference, as a part of the largest expected value. */
export function relativeDifference(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) throw new Error(`${actual.length} values, not ${expected.length}`)
  let [difference, largest] = [0, 0]
  for (let i = 0; i < expected.length; i++) {
    difference = Math.max(difference, Math.abs(expected[i]! - actual[i]!))
    largest = Math.max(largest, Math.abs(expected[i]!))
  }
  return difference / largest
}
