import type {ChannelChoice} from '../audio/source.js'
import type {LinguluError} from '../errors.js'

/** A part of a recording. */
export interface Clip {
  readonly offsetSeconds: number
  /** To the end of the recording where undefined. */
  readonly durationSeconds?: number | undefined
}

/** One recording to transcribe. */
export interface InputItem {
  /** Absolute path, or `-` for stdin. */
  readonly path: string
  /** As the user would name it: for messages and results. */
  readonly name: string
  /**
   * Place below the output folder, with `/` between its parts: the path below the folder, glob or manifest that brought
   * the input, or the file's name. A manifest's `id` stands here as it is; everything else ends in the file's extension.
   */
  readonly relativePath: string
  /** From a manifest; also the name of the outputs. */
  readonly id?: string | undefined
  /** What is said, from a manifest. Not used in transcribing. */
  readonly text?: string | undefined
  readonly language?: string | undefined
  readonly clip?: Clip | undefined
  readonly channel?: ChannelChoice | undefined
}

/** An input that was asked for and cannot be read. The others go on. */
export interface InputFailure {
  readonly name: string
  readonly id?: string | undefined
  readonly error: LinguluError
}

export interface ListedInputs {
  readonly items: readonly InputItem[]
  readonly failures: readonly InputFailure[]
  readonly skipped: {
    /** Files in folders (or matched by a glob) whose extension is not one of audio. */
    readonly notAudio: number
    readonly hidden: number
    /** Named more than once, in whatever way. */
    readonly duplicates: readonly string[]
  }
  /** Absolute paths of the manifests that were read: no output may replace them. */
  readonly manifests: readonly string[]
}
