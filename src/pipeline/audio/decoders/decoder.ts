import type {DecoderEvent} from '../audio-event.js'
import type {ByteReader} from '../byte-reader.js'

/** What a decoder works on. */
export interface DecoderInput {
  readonly reader: ByteReader
  /** How messages name the recording: a path, or `standard input`. */
  readonly name: string
}

/**
 * Reads one container format from the reader's position. Yields a `format` before any sound. Input that cannot be
 * read at all throws LinguluError AUDIO_CORRUPT or AUDIO_UNSUPPORTED; what is readable in part ends with a warning.
 */
export type Decoder = (input: DecoderInput) => AsyncGenerator<DecoderEvent>
