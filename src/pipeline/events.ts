import type {InputFailure} from './inputs/input.js'
import type {PlannedJob} from './inputs/plan.js'
import type {PullEvent} from './models/pull-model.js'
import type {ModelInfo} from './models/recognizer.js'
import type {ProviderChoice} from './runtime/providers.js'
import type {ResultRecord, SummaryRecord} from './transcripts/results.js'
import type {Segment} from './transcripts/transcript.js'

/** What happens while inputs are transcribed, in order. `name` is the input as the user named it. */
export type TranscribeEvent =
  | {readonly type: 'pull'; readonly event: PullEvent}
  | {
      readonly type: 'plan'
      /** Undefined where no files are written. */
      readonly outputDir: string | undefined
      /** Every input that can be read, and its outputs. */
      readonly jobs: readonly PlannedJob[]
      readonly total: number
      /** Inputs left to transcribe. */
      readonly pending: number
      readonly failures: readonly InputFailure[]
      readonly notAudio: number
      readonly duplicates: readonly string[]
    }
  | {readonly type: 'model'; readonly info: ModelInfo; readonly provider: ProviderChoice; readonly batchSize: number}
  | {readonly type: 'start'; readonly name: string}
  | {readonly type: 'audio'; readonly name: string; readonly durationSeconds: number}
  | {readonly type: 'language'; readonly name: string; readonly language: string; readonly probability: number}
  | {
      readonly type: 'segment'
      readonly name: string
      readonly channel: string | undefined
      readonly segment: Segment
    }
  /** Everything before `seconds` is decoded. */
  | {readonly type: 'progress'; readonly name: string; readonly channel: string | undefined; readonly seconds: number}
  | {readonly type: 'warning'; readonly name: string | undefined; readonly message: string}
  /** The worker died and the input begins anew: its segments so far are void. */
  | {readonly type: 'retry'; readonly name: string; readonly reason: string}
  /** What became of one input: one record per channel. `index`: its place in the plan, after the `failures`. */
  | {
      readonly type: 'result'
      readonly index: number
      readonly name: string
      readonly records: readonly ResultRecord[]
    }
  | {readonly type: 'done'; readonly summary: SummaryRecord}
