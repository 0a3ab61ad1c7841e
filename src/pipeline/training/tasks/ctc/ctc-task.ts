import {SAMPLE_RATE_HZ} from '../../../audio/source.js'
import {LinguluError} from '../../../errors.js'
import type {NormalizationPrior} from '../../../models/recognizer.js'
import {leastFrames} from '../../ctc-loss.js'
import {USUAL_HOP_SAMPLES} from '../../filter-bank.js'
import {checkMetric} from '../classification-task.js'
import {encoderSizes} from '../encoder-config.js'
import {encodedLengths, encoderInputs} from '../encoder-inputs.js'
import {initialWeights} from '../initial-weights.js'
import type {TrainingTask, Weights} from '../training-task.js'
import type {CtcModelConfig} from './ctc-config.js'
import {writeCtcFolder} from './ctc-folder.js'
import {ctcOutput} from './ctc-model.js'
import {createCtcScorer} from './ctc-scorer.js'
import {type CtcVocabularies, createTargets, type Said} from './ctc-targets.js'
import {headLosses, type LossHead, lossHeads} from './head-losses.js'
import type {Pronunciations} from './pronunciations.js'

export interface CtcTaskOptions {
  /** What tells CTC-CRF which labels follow each other. */
  readonly usual: readonly Said[]
  readonly vocabularies: CtcVocabularies
  readonly pronunciations: Pronunciations | undefined
  /** Of an earlier training. */
  readonly weights: Weights | undefined
  /** Samples from one frame to the next. Default: 160. */
  readonly hopSamples?: number | undefined
  /** Of the normalisation of features. Default: a recording is known by itself only. */
  readonly prior?: NormalizationPrior | undefined
  /** Default: word errors, or phone errors of a model that writes phones. */
  readonly bestMetric?: string | undefined
}

/** Frames of a batch are padded to this, so that shapes come again and memory is used again. */
const FRAME_MULTIPLE = 8

/** Connectionist temporal classification with one head or two on the speech encoder. */
export function createCtcTask(
  config: CtcModelConfig,
  {usual, vocabularies, pronunciations, weights, hopSamples = USUAL_HOP_SAMPLES, prior, bestMetric}: CtcTaskOptions,
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
  const losses = {
    heads: lossHeads(config, usual, [
      {name: 'written' as const, weight: 1, classes: heads.written, targets: writtenOf},
      ...(phonesOf === undefined
        ? []
        : [
            {name: 'phones' as const, weight: config.phone_head?.weight ?? 1, classes: heads.phones, targets: phonesOf},
          ]),
    ]),
    crf: config.crf?.weight ?? 0,
    consistency: config.consistency?.weight ?? 0,
  }
  const grammars = new Map(losses.heads.flatMap(({name, grammar}) => (grammar === undefined ? [] : [[name, grammar]])))
  return {
    build: ops => ctcOutput(ops, heads),
    features: {
      kind: 'filter-bank',
      mels: encoder.mels,
      multiple: FRAME_MULTIPLE,
      hopSamples,
      prior,
      readings: config.consistency === undefined ? 1 : 2,
    },
    frozen: new Map(),
    best: {metric, greaterIsBetter: false},
    notes: grammarNotes(losses.heads),
    initial: (places, random) => initialWeights(places, random, weights),
    refuse(item) {
      const target = writtenOf(item)
      if ('reason' in target) return target.reason
      const [frames = 0] = encodedLengths([(item.seconds * SAMPLE_RATE_HZ) / hopSamples])
      const wanted = leastFrames(target.ids)
      return wanted > frames ? `its text wants ${wanted} frames, and ${item.seconds} s have ${frames}` : undefined
    },
    batch: async features => ({
      inputs: encoderInputs(features, encoder),
      lossOf: output => headLosses(features, output, losses),
    }),
    scorer: () => createCtcScorer({vocabularies, writtenOf, phonesOf, grammars}),
    save: (folder, trained) => writeCtcFolder(folder, {config, vocabularies, hopSamples, prior}, trained),
  }
}

/** Measures by a grammar are not to be put beside those of best paths. */
function grammarNotes(heads: readonly LossHead[]): string[] {
  return heads
    .filter(({grammar}) => grammar !== undefined)
    .map(
      ({name}) =>
        `Of the head ${name} the likeliest labels by the trigrams of model.crf are measured, not the best path: other figures, mostly lower.`,
    )
}

/** @throws LinguluError CONFIG_INVALID for settings that CTC has no use for */
export function refuseUnused({label_smoothing_factor}: {readonly label_smoothing_factor: number}): void {
  if (label_smoothing_factor > 0)
    throw new LinguluError('CONFIG_INVALID', 'label_smoothing_factor has no meaning for CTC.', {hint: 'Leave it out.'})
}
