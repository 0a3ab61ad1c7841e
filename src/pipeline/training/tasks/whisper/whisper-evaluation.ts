import type {FeatureBatch, TaskScorer, Weights} from '../training-task.js'
import type {WhisperModelConfig} from './whisper-config.js'
import {openWhisperDecoder, type WhisperDecoder} from './whisper-decoder.js'
import type {Hearing} from './whisper-hearing.js'
import type {WhisperLabels} from './whisper-labels.js'
import type {WhisperRows} from './whisper-rows.js'
import {createAnswerMeter, createLossMeter} from './whisper-scorer.js'
import type {WhisperSource} from './whisper-source.js'
import type {WhisperTaskOptions} from './whisper-task.js'

interface Parts {
  readonly source: WhisperSource
  readonly labels: WhisperLabels
  readonly rows: WhisperRows
  readonly hearing: Hearing
  readonly options: WhisperTaskOptions
}

/** Measures models while they are trained. */
export interface WhisperEvaluation {
  /** @param weights gives all weights of the model, with changes merged */
  scorer(weights: () => Promise<Weights>): Promise<TaskScorer>
  close(): Promise<void>
}

/** The graphs of decoding are opened at the first evaluation and stay open. */
export function openWhisperEvaluation(model: WhisperModelConfig, parts: Parts): WhisperEvaluation {
  const {source, labels, rows, hearing, options} = parts
  const {config, tokenizer} = source
  const {generation_max_length: maximumTokens, language} = model
  const {threads, provider} = options
  let decoder: Promise<WhisperDecoder> | undefined
  return {
    async scorer(weightsOfNow) {
      const losses = createLossMeter()
      const tokensOf = (batch: FeatureBatch) => batch.rows.map(rows.tokens)
      if (!model.predict_with_generate)
        return {
          add: (batch, output) => losses.add(tokensOf(batch), output),
          scores: () => ({metrics: {loss: losses.mean()}, examples: []}),
        }
      decoder ??= openWhisperDecoder({config, tokenizer, labels, maximumTokens}, {threads, provider})
      const opened = await decoder
      const answers = await createAnswerMeter(language)
      const weights = await weightsOfNow()
      const feeds = Object.fromEntries(weights)
      return {
        async add(batch, output) {
          const expected = tokensOf(batch)
          losses.add(expected, output)
          const heard = await hearing.encoded(batch, weights)
          answers.add(batch.rows, await opened.answer(heard, expected, feeds))
        },
        scores: () => answers.scores(losses.mean()),
      }
    },
    async close() {
      await (await decoder)?.close()
      decoder = undefined
    },
  }
}
