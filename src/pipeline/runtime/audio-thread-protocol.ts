/* What an inference worker and its audio threads say to each other. */

import type {ErrorRecord} from '../errors.js'
import type {PreparedAudio, PrepareRequest} from './prepared-audio.js'

/**
 * Cells of an `Int32Array` that both share. The worker's event loop stands still while the model runs, so messages may
 * wait for long; the cells tell at any time whether a thread gets on.
 */
export const PULSE = {progress: 0, busy: 1, cells: 2} as const

export interface AudioThreadData {
  /** The process that must not be outlived. */
  readonly parent: number
  readonly pulse: SharedArrayBuffer
}

export type ToAudioThread = {readonly type: 'prepare'; readonly request: PrepareRequest} | {readonly type: 'cancel'}

export type FromAudioThread =
  | {readonly type: 'prepared'; readonly prepared: PreparedAudio}
  | {readonly type: 'failed'; readonly error: ErrorRecord}
