import {LinguluError} from '../../errors.js'
import {SPEAKER_MODEL} from '../../export/lingulu/config.js'
import {equalErrorRate, minimumDetectionCost} from '../../scoring/verification-errors.js'
import {speakerModel} from '../architectures/speaker-model.js'
import type {Values} from '../engine/training-engine.js'
import {checkMetric} from './classification-task.js'
import {encoderInputs} from './encoder-inputs.js'
import {marginLoss} from './margin-loss.js'
import {commonValue, openPooledEncoder} from './pooled-encoder-task.js'
import type {SpeakerModelConfig} from './speaker-config.js'
import {compareVoices, type Voice} from './speaker-trials.js'
import type {FeatureBatch, TaskScorer, TrainingItem, TrainingTask} from './training-task.js'

export interface SpeakerTaskOptions {
  /** What is learnt from: their speakers are told apart. */
  readonly items: readonly TrainingItem[]
  /** Which checkpoint is best. Default: eer. */
  readonly bestMetric?: string | undefined
}

const METRICS: readonly string[] = ['eer', 'min_dcf']

/**
 * Learns embeddings that tell speakers apart, by classifying those of the training with a margin. Measures the equal error
 * rate and the least detection cost over pairs of recordings, of speakers that need not be of the training; in the loss
 * such speakers have no part.
 *
 * @throws LinguluError CONFIG_INVALID for fewer than two speakers or a metric that is none; MODEL_MISSING, MODEL_INVALID
 *   for the folder that the training begins with
 */
export async function openSpeakerTask(
  config: SpeakerModelConfig,
  {items, bestMetric = 'eer'}: SpeakerTaskOptions,
): Promise<TrainingTask> {
  const speakers = speakersOf(items)
  checkMetric(bestMetric, METRICS)
  const ids = new Map(speakers.map((speaker, id) => [speaker, id] as const))
  const {sizes, save, ...shared} = await openPooledEncoder(config)
  const {embedding, pooling} = config
  const places = {speakers: speakers.length, embedding}
  const model = {encoder: sizes, pooling, frozen: config.freeze === 'encoder', ...places}
  const margin = {kind: config.margin_type, margin: config.margin, scale: config.scale}
  return {
    ...shared,
    build: ops => speakerModel(ops, model),
    best: {metric: bestMetric, greaterIsBetter: false},
    refuse: ({speaker}) => (speaker === undefined ? 'its speaker is not known' : undefined),
    async batch(batch) {
      const targets = batch.rows.map(row => ids.get(speakerOf(row) ?? ''))
      return {
        inputs: encoderInputs(batch, sizes),
        lossOf: output => {
          const cosines = columnsOf(output, 0, speakers.length)
          const {gradient, loss, count, correct} = marginLoss({cosines, classes: speakers.length, targets, ...margin})
          const whole = withoutEmbedding(gradient, places)
          return {gradient: whole, count, loss: {sum: loss, count}, parts: {accuracy: {sum: correct, count}}}
        },
      }
    },
    scorer: () => createScorer(config, places),
    save: (folder, trained) =>
      save(folder, trained, {
        model_type: 'lingulu-speaker',
        architectures: [SPEAKER_MODEL],
        embedding_size: embedding,
        training_speakers: speakers,
      }),
  }
}

interface Places {
  readonly speakers: number
  readonly embedding: number
}

function speakersOf(items: readonly TrainingItem[]): readonly string[] {
  const speakers = [...new Set(items.flatMap(({speaker}) => speaker ?? []))].sort()
  if (speakers.length >= 2) return speakers
  const found = speakers.length === 0 ? 'name no speakers' : `have only the speaker "${speakers[0]}"`
  throw new LinguluError('CONFIG_INVALID', `Speakers are to be told apart, and the training data ${found}.`, {
    hint: 'Name the column with the speaker in columns of the data set: {"speaker": "…"}.',
  })
}

function speakerOf(row: readonly TrainingItem[]): string | undefined {
  return commonValue(row, ({speaker}) => speaker)
}

/** Columns from `start` to `end` of all rows, one row after the other. */
function columnsOf({values, shape}: Values<Float32Array>, start: number, end: number): Float32Array {
  const [rows = 0, width = 0] = shape
  const columns = new Float32Array(rows * (end - start))
  for (let row = 0; row < rows; row++)
    columns.set(values.subarray(row * width + start, row * width + end), row * (end - start))
  return columns
}

/** The loss does not look at the embedding itself: zeros there. */
function withoutEmbedding(gradient: Float32Array, {speakers, embedding}: Places): Float32Array {
  const rows = gradient.length / speakers
  const whole = new Float32Array(rows * (speakers + embedding))
  for (let row = 0; row < rows; row++)
    whole.set(gradient.subarray(row * speakers, (row + 1) * speakers), row * (speakers + embedding))
  return whole
}

function createScorer({trials, target_prior}: SpeakerModelConfig, {speakers, embedding}: Places): TaskScorer {
  const voices: Voice[] = []
  return {
    add({rows}: FeatureBatch, output) {
      const found = columnsOf(output, speakers, speakers + embedding)
      for (const [index, row] of rows.entries()) {
        const speaker = speakerOf(row)
        if (speaker === undefined) continue
        voices.push({speaker, embedding: found.slice(index * embedding, (index + 1) * embedding)})
      }
    },
    scores() {
      const compared = compareVoices(voices, trials)
      const eer = equalErrorRate(compared)
      if (Number.isNaN(eer))
        throw new LinguluError('CONFIG_INVALID', 'The data to measure speakers with give no pairs to compare.', {
          hint: 'They need two recordings of one speaker at least, and two speakers.',
        })
      return {metrics: {eer, min_dcf: minimumDetectionCost(compared, target_prior)}, examples: []}
    },
  }
}
