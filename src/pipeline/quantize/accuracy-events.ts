import type {SensitivityProgress} from './sensitivity.js'

/** What happens while a quantized model is measured. `kept` is the number of groups in float. */
export type AccuracyEvent =
  /** A model is measured: the source first, then candidates. */
  | {readonly type: 'measure'; readonly model: 'source' | 'candidate'; readonly kept: number}
  /** Utterances of it that are recognised. */
  | {readonly type: 'evaluate'; readonly done: number; readonly total: number}
  | ({readonly type: 'sensitivity'} & SensitivityProgress)
  | {
      readonly type: 'candidate'
      readonly kept: number
      readonly groups: number
      /** Shares of 1. */
      readonly wer: number | null
      readonly increase: number | null
      readonly holds: boolean
      readonly bytes: number
      readonly rtfx: number | null
    }
  | {readonly type: 'compare'; readonly graph: string}
