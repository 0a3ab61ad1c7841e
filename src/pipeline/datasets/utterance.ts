import type {ChannelChoice} from '../audio/source.js'
import type {Clip} from '../inputs/input.js'

/** One row of a data set: a recording, or a part of one, and what is said in it. */
export interface Utterance {
  /** Unique in its data set. */
  readonly id: string
  /** Absolute path of the recording; undefined in a list of texts only. */
  readonly audio: string | undefined
  readonly clip: Clip | undefined
  readonly channel: ChannelChoice | undefined
  /** What is said, as the data set writes it. */
  readonly text: string
  readonly speaker: string | undefined
  readonly language: string | undefined
  /** Where the data set tells it. */
  readonly durationSeconds: number | undefined
  /** Every other column that the data set has for this row (`accent`, `gender`, `age` …). */
  readonly columns: Readonly<Record<string, string>>
  /** Where the row stands: the file, and its line counted from 1. */
  readonly place: {readonly file: string; readonly line: number}
}

/** What is wrong with a row, or worth knowing of it. */
export interface DatasetProblem {
  readonly kind:
    | 'unreadable-row'
    | 'duplicate-id'
    | 'duplicate-audio'
    | 'missing-audio'
    | 'empty-reference'
    | 'missing-reference'
    | 'unlisted-audio'
    // found by `verifyDataset` alone, which decodes the audio
    | 'unreadable-audio'
    | 'damaged-audio'
    | 'clip-outside-audio'
    | 'wrong-duration'
    | 'implausible-duration'
  /** A problem of this severity keeps a data set from being evaluated; the others are told. */
  readonly severity: 'error' | 'warning'
  readonly file: string
  /** Counted from 1; undefined where the problem is not of one line. */
  readonly line: number | undefined
  readonly message: string
}

/** A data set as it was read. Rows with problems are told, never dropped silently. */
export interface Dataset {
  /** As reports name it: the folder's, file's or catalogue's name. */
  readonly name: string
  /** Absolute path of the folder or the file. */
  readonly path: string
  readonly layout: string
  /** A sentence saying what the path was recognised as, and what was left out on purpose. */
  readonly recognition?: string | undefined
  /** In the order of the data set. */
  readonly utterances: readonly Utterance[]
  readonly problems: readonly DatasetProblem[]
  /**
   * SHA-256 over ids, references and parts of recordings (offset, duration, channel) of all utterances in their order:
   * two runs with the same hash were asked the same, wherever the files lie.
   */
  readonly hash: string
}
