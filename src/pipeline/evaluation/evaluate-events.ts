import type {TranscribeEvent} from '../events.js'
import type {RecognizeEvent} from '../recognize-input.js'
import type {EvaluationReport} from './evaluation-report.js'
import type {HypothesisLine} from './hypothesis-record.js'

/** What happens while a model is evaluated, in order. `name` is the id of an utterance. */
export type EvaluateEvent =
  | Extract<TranscribeEvent, {type: 'pull' | 'model' | 'start'}>
  | RecognizeEvent
  | {
      readonly type: 'dataset'
      readonly name: string
      /** Utterances to score: all of them, or the subset. */
      readonly utterances: number
      readonly total: number
      /** As what it was read, in a sentence. */
      readonly recognition: string
      readonly warnings: readonly string[]
    }
  | {
      readonly type: 'plan'
      /** Utterances left to recognise. */
      readonly pending: number
      /** Found by the run that this one goes on with. */
      readonly resumed: number
      /** Where the hypotheses will stand. */
      readonly hypotheses: string | undefined
    }
  /** What became of one utterance. */
  | {readonly type: 'utterance'; readonly name: string; readonly hypothesis: HypothesisLine}
  | {
      readonly type: 'done'
      readonly report: EvaluationReport
      /** What was written, besides the hypotheses. */
      readonly files: readonly string[]
    }
