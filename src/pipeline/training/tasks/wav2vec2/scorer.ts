import {errorsOf, referenceLength} from '../../../scoring/error-counts.js'
import {sumScores} from '../../../scoring/measures.js'
import {createScorer} from '../../../scoring/score-utterance.js'
import type {UtteranceScore} from '../../../scoring/utterance-score.js'
import type {Values} from '../../engine/training-engine.js'
import type {Example, FeatureBatch, TaskScorer, TaskScores, TrainingItem} from '../training-task.js'
import type {Units} from './vocabulary.js'

export interface ScorerSettings {
  readonly units: Units
  /** Makes texts comparable; phones are compared as they are. */
  readonly normalize: (text: string) => string
  /** Frames of the output that are not padding. */
  readonly framesOf: (samples: number) => number
  /** Mean loss is reported beside: of so many recordings the sum. */
  readonly lossOf: (batch: FeatureBatch, output: Values<Float32Array>) => {readonly sum: number; readonly count: number}
}

/**
 * Error rates of the likeliest tokens: `wer` and `cer` of texts as `lingulu evaluate` counts them, or `per` of phones;
 * and `loss`. Recordings whose phones are not known do not count.
 */
export function createCtcScorer({units, normalize, framesOf, lossOf}: ScorerSettings): TaskScorer {
  const phones = units.kind === 'phones'
  const score = createScorer({normalize: phones ? text => text : normalize})
  const scores: UtteranceScore[] = []
  let loss = {sum: 0, count: 0}
  return {
    add(batch, output) {
      const [, frames = 0, classes = 0] = output.shape
      const found = lossOf(batch, output)
      loss = {sum: loss.sum + found.sum, count: loss.count + found.count}
      for (const [row, items] of batch.rows.entries()) {
        if (phones && items.some(({phones: said}) => said === undefined)) continue
        const start = row * frames * classes
        const logits = output.values.subarray(start, start + framesOf(batch.lengths[row] ?? 0) * classes)
        const pair = {referenceText: reference(items, phones), hypothesisText: units.decode(logits)}
        scores.push(score({...unknown(items), ...pair}))
      }
    },
    scores: () => summed(scores, phones, loss.sum / Math.max(1, loss.count)),
  }
}

function summed(scores: readonly UtteranceScore[], phones: boolean, loss: number): TaskScores {
  const {words, characters} = sumScores(scores)
  const rate = (counts: typeof words) => errorsOf(counts) / Math.max(1, referenceLength(counts))
  const rates: Readonly<Record<string, number>> = phones
    ? {per: rate(words)}
    : {wer: rate(words), cer: rate(characters)}
  const examples = scores.map(
    ({id, referenceText, hypothesisText}): Example => ({id, reference: referenceText, hypothesis: hypothesisText}),
  )
  return {metrics: {...rates, loss}, examples}
}

const reference = (items: readonly TrainingItem[], phones: boolean): string =>
  items.map(({text, phones: said}) => (phones ? (said ?? []).join(' ') : text)).join(' ')

/** What scores are not broken down by here. */
const unknown = (items: readonly TrainingItem[]) => ({
  id: items.map(({id}) => id).join('+'),
  speaker: undefined,
  columns: {},
  durationSeconds: undefined,
  latencySeconds: undefined,
  audio: undefined,
})
