import type {Utterance} from '../datasets/utterance.js'
import type {FailedRecord} from '../transcripts/results.js'

/** A text of one side: a reference, or what was heard. */
export interface TextEntry {
  readonly utterance: Utterance
  /** Why there is no text, where a recording could not be transcribed. */
  readonly failure: FailedRecord['error'] | undefined
}

/** The texts of one file, in its order. */
export interface TextFile {
  /** As people know it: the path as it was given, or `stdin`. */
  readonly name: string
  /** Lines are paired by their place, all others by their ids. */
  readonly keyed: boolean
  readonly entries: readonly TextEntry[]
}

export interface TextProblem {
  /** Counted from 1. */
  readonly line: number
  readonly problem: string
}

/** A text with nothing else known of it. */
export function plainEntry(id: string, text: string, file: string, line: number): TextEntry {
  const utterance = {
    id,
    audio: undefined,
    clip: undefined,
    channel: undefined,
    text,
    speaker: undefined,
    language: undefined,
    durationSeconds: undefined,
    columns: {},
    place: {file, line},
  }
  return {utterance, failure: undefined}
}
