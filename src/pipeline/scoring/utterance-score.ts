import type {ErrorCounts} from './error-counts.js'

/**
 * One step of an alignment: `=` a word that is right, `S` one in place of another, `D` one that is missing, `I` one that
 * is too many.
 */
export type EditOperation = '=' | 'S' | 'D' | 'I'

/** A hypothesis aligned with its reference, word by word. */
export interface WordAlignment {
  /** As they were compared: normalized, and split at white space. */
  readonly reference: readonly string[]
  readonly hypothesis: readonly string[]
  /** One character of {@link EditOperation} for each step, from the first word to the last. */
  readonly operations: string
  readonly counts: ErrorCounts
}

/** What came of one utterance. */
export interface UtteranceScore {
  readonly id: string
  readonly speaker: string | undefined
  /** Further columns of the manifest, for breakdowns. */
  readonly columns: Readonly<Record<string, string>>
  /** Seconds of audio, where it is known. */
  readonly durationSeconds: number | undefined
  /** Wall-clock seconds from the start of decoding the audio to the text, where it was measured. */
  readonly latencySeconds: number | undefined
  /** The recording, where there is one to listen to. */
  readonly audio: string | undefined
  /** As they were before normalization. */
  readonly referenceText: string
  readonly hypothesisText: string
  readonly words: WordAlignment
  readonly characters: ErrorCounts
}
