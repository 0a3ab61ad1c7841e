import {openScoring} from '../../../evaluation/scoring-options.js'
import {errorRate, sumScores} from '../../../scoring/measures.js'
import type {UtteranceScore} from '../../../scoring/utterance-score.js'
import type {LanguageCode} from '../../../text/languages.js'
import type {Values} from '../../engine/training-engine.js'
import type {Example, FeatureBatch, TaskScores} from '../training-task.js'
import type {Answers} from './whisper-decoder.js'
import type {TokenRow} from './whisper-labels.js'
import {countedLabels} from './whisper-labels.js'
import {whisperLoss} from './whisper-loss.js'

/** Sums the cross-entropy of batches, without smoothing. */
export function createLossMeter() {
  let [sum, count] = [0, 0]
  return {
    add(rows: readonly TokenRow[], output: Values<Float32Array>) {
      const {loss} = whisperLoss(withoutMeans(output), countedLabels(rows), 0)
      sum += loss.sum
      count += loss.count
    },
    mean: () => sum / count,
  }
}

/** [rows, tokens, 2] → the first of the two. */
function withoutMeans(output: Values<Float32Array>): Values<Float32Array> {
  const {values, shape} = output
  if (shape.length === 2) return output
  const first = Float32Array.from({length: values.length / 2}, (_, index) => values[2 * index] as number)
  return {values: first, shape: shape.slice(0, 2)}
}

/** Counts up answers: WER and CER as `lingulu evaluate` counts them, with Whisper's normaliser of the language. */
export async function createAnswerMeter(language: LanguageCode) {
  const scoring = await openScoring({normalizer: {name: language === 'en' ? 'english' : 'basic'}})
  const scores: UtteranceScore[] = []
  const examples: Example[] = []
  let [right, tokens] = [0, 0]
  return {
    add(rows: FeatureBatch['rows'], answers: Answers) {
      right += answers.rightTokens
      tokens += answers.tokens
      for (const [index, row] of rows.entries()) {
        const id = row.map(item => item.id).join(' ')
        const reference = row.map(({text}) => text).join(' ')
        const hypothesis = answers.texts[index] ?? ''
        examples.push({id, reference, hypothesis})
        scores.push(scoring.score({...NOTHING_KNOWN, id, referenceText: reference, hypothesisText: hypothesis}))
      }
    },
    scores(loss: number): TaskScores {
      const total = sumScores(scores)
      const wer = errorRate(total.words)
      const cer = errorRate(total.characters)
      return {metrics: {wer, cer, token_accuracy: right / tokens, loss}, examples}
    },
  }
}

const NOTHING_KNOWN = {
  speaker: undefined,
  columns: {},
  durationSeconds: undefined,
  latencySeconds: undefined,
  audio: undefined,
} as const
