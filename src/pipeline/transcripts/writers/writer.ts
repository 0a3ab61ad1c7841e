import type {SubtitleOptions} from '../subtitles.js'
import type {Transcript} from '../transcript.js'

/** What a writer may be told beside the transcript. */
export interface WriteOptions {
  /** Shaping of `srt` and `vtt`; the other formats do not look at it. */
  readonly subtitles?: SubtitleOptions | undefined
  /**
   * Stands under the key `lingulu` at the end of `json` (`--json-layout full`). Nothing that changes from run to run
   * belongs here: files of a resumed run must equal those of an undisturbed one.
   */
  readonly metadata?: Readonly<Record<string, unknown>> | undefined
}

/** The whole content of one output file. */
export type Writer = (transcript: Transcript, options?: WriteOptions) => string
