import {LinguluError} from '../../../errors.js'
import type {NormalizationPrior} from '../../../models/recognizer.js'
import {consistencyLoss} from '../../consistency-loss.js'
import {ctcLoss, leastFrames} from '../../ctc-loss.js'
import {joinItems} from '../../data/join-items.js'
import type {Values} from '../../engine/training-engine.js'
import {checkMetric} from '../classification-task.js'
import {encoderSizes} from '../encoder-config.js'
import {encodedLengths, encoderInputs} from '../encoder-inputs.js'
import {initialWeights} from '../initial-weights.js'
import type {FeatureBatch, LossPart, LossResult, TrainingItem, TrainingTask, Weights} from '../training-task.js'
import type {CtcModelConfig} from './ctc-config.js'
import {writeCtcFolder} from './ctc-folder.js'
import {ctcOutput} from './ctc-model.js'
import {createCtcScorer} from './ctc-scorer.js'
import {type CtcVocabularies, createTargets, type Targets} from './ctc-targets.js'
import type {Pronunciations} from './pronunciations.js'

export interface CtcTaskOptions {
  readonly vocabularies: CtcVocabularies
  readonly pronunciations: Pronunciations | undefined
  /** Of an earlier training. */
  readonly weights: Weights | undefined
  /** Of the normalisation of features. Default: a recording is known by itself only. */
  readonly prior?: NormalizationPrior | undefined
  /** Default: word errors, or phone errors of a model that writes phones. */
  readonly bestMetric?: string | undefined
}

const FRAMES_PER_SECOND = 100

/** Frames of a batch are padded to this, so that shapes come again and memory is used again. */
const FRAME_MULTIPLE = 8

/** Connectionist temporal classification with one head or two on the speech encoder. */
export function createCtcTask(
  config: CtcModelConfig,
  {vocabularies, pronunciations, weights, prior, bestMetric}: CtcTaskOptions,
): TrainingTask {
  const {written, phones} = vocabularies
  const {encoder} = config
  const metrics = written.kind === 'phones' ? ['per'] : ['wer', 'cer', ...(phones === undefined ? [] : ['per'])]
  const metric = bestMetric ?? metrics[0] ?? 'wer'
  checkMetric(metric, metrics)
  const writtenOf = createTargets(written, config.case, pronunciations)
  const phonesOf = phones && createTargets(phones, config.case, pronunciations)
  const heads = {
    encoder: encoderSizes(encoder),
    written: written.tokens.length,
    phones: phones?.tokens.length ?? 0,
  }
  const lossHeads: readonly LossHead[] = [
    {name: 'written', offset: 0, classes: heads.written, weight: 1, targets: writtenOf},
    ...(phonesOf === undefined
      ? []
      : [
          {
            name: 'phones',
            offset: heads.written,
            classes: heads.phones,
            weight: config.phone_head?.weight ?? 1,
            targets: phonesOf,
          },
        ]),
  ]
  return {
    build: ops => ctcOutput(ops, heads),
    features: {
      kind: 'filter-bank',
      mels: encoder.mels,
      multiple: FRAME_MULTIPLE,
      prior,
      readings: config.consistency === undefined ? 1 : 2,
    },
    frozen: new Map(),
    best: {metric, greaterIsBetter: false},
    initial: (places, random) => initialWeights(places, random, weights),
    refuse(item) {
      const target = writtenOf(item)
      if ('reason' in target) return target.reason
      const [frames = 0] = encodedLengths([item.seconds * FRAMES_PER_SECOND])
      const wanted = leastFrames(target.ids)
      return wanted > frames ? `its text wants ${wanted} frames, and ${item.seconds} s have ${frames}` : undefined
    },
    batch: async features => ({
      inputs: encoderInputs(features, encoder),
      lossOf: output => headLosses(features, output, {heads: lossHeads, consistency: config.consistency?.weight ?? 0}),
    }),
    scorer: () => createCtcScorer({vocabularies, writtenOf, phonesOf}),
    save: (folder, trained) => writeCtcFolder(folder, {config, vocabularies, prior}, trained),
  }
}

interface LossHead {
  readonly name: string
  readonly offset: number
  readonly classes: number
  readonly weight: number
  readonly targets: Targets
}

interface LossParts {
  readonly heads: readonly LossHead[]
  /** Weight of the consistency of two readings, beside 1 for CTC; 0 where every row has one reading. */
  readonly consistency: number
}

/**
 * The loss of each head, −ln p of all rows, and the gradient of their weighted sum. Rows without a target give none but that
 * of their consistency.
 */
function headLosses(
  features: FeatureBatch,
  {values, shape}: Values<Float32Array>,
  {heads, consistency}: LossParts,
): LossResult {
  const [rows = 0, frames = 0, width = 0] = shape
  const lengths = encodedLengths(features.lengths)
  const gradient = new Float32Array(values.length)
  const parts: Record<string, LossPart> = {}
  let sum = 0
  for (const {name, offset, classes, weight, targets} of heads) {
    const labels = features.rows.map(row => rowLabels(row, targets))
    const logits = columns(values, {width, offset, classes})
    const loss = ctcLoss({
      logits,
      frames,
      classes,
      lengths: lengths.map((length, row) => (labels[row] === undefined ? 0 : length)),
      labels: labels.map(label => label ?? []),
      blank: 0,
    })
    for (let at = 0; at < rows * frames; at++)
      for (let token = 0; token < classes; token++)
        gradient[at * width + offset + token] = weight * (loss.gradient[at * classes + token] as number)
    const total = loss.losses.reduce((left, right) => left + right, 0)
    parts[name] = {sum: total, count: labels.reduce((count, label) => count + (label?.length ?? 0), 0)}
    sum += weight * total
    if (consistency === 0) continue
    const agreement = consistencyLoss({logits, frames, classes, lengths})
    for (let at = 0; at < rows * frames; at++)
      for (let token = 0; token < classes; token++) {
        const place = at * width + offset + token
        gradient[place] =
          (gradient[place] as number) + weight * consistency * (agreement.gradient[at * classes + token] as number)
      }
    const divergence = agreement.losses.reduce((left, right) => left + right, 0)
    parts[`${name}_consistency`] = {sum: divergence, count: lengths.reduce((left, right) => left + right, 0)}
    sum += weight * consistency * divergence
  }
  return {gradient, count: rows, loss: {sum, count: rows}, parts}
}

function rowLabels(row: readonly TrainingItem[], targets: Targets): readonly number[] | undefined {
  const target = targets(joinItems(row))
  return 'ids' in target ? target.ids : undefined
}

/** The logits of one head. */
function columns(
  values: Float32Array,
  {width, offset, classes}: {readonly width: number; readonly offset: number; readonly classes: number},
): Float32Array {
  if (classes === width) return values
  const rows = values.length / width
  const part = new Float32Array(rows * classes)
  for (let row = 0; row < rows; row++)
    part.set(values.subarray(row * width + offset, row * width + offset + classes), row * classes)
  return part
}

/** @throws LinguluError CONFIG_INVALID for settings that CTC has no use for */
export function refuseUnused({label_smoothing_factor}: {readonly label_smoothing_factor: number}): void {
  if (label_smoothing_factor > 0)
    throw new LinguluError('CONFIG_INVALID', 'label_smoothing_factor has no meaning for CTC.', {hint: 'Leave it out.'})
}
