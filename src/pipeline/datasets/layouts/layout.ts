import type {ColumnMap, LayoutName} from '../dataset-options.js'
import type {DatasetProblem, Utterance} from '../utterance.js'

/** A path, before it is known what lies there. */
export interface DatasetPlace {
  /** Absolute. */
  readonly path: string
  readonly isFolder: boolean
  /** The folder itself, or that of the file. */
  readonly folder: string
  /** What is in the folder, in natural order. */
  readonly names: readonly string[]
}

/** What reading yields: utterances and problems in the order of the data set, and notes of what is left out on purpose. */
export type Reading = Utterance | DatasetProblem | {readonly note: string}

export interface ReadContext {
  readonly columns: ColumnMap
  readonly signal?: AbortSignal | undefined
}

/** A data set that was recognised. */
export interface Recognized {
  /** A sentence saying what it was taken for, by what. */
  readonly sentence: string
  /** Whether `--columns` means something. */
  readonly hasColumns?: boolean
  read(context: ReadContext): AsyncGenerator<Reading>
}

/** One way in which data sets lie on the disk. */
export interface Layout {
  readonly name: LayoutName
  /** By what it is known; completes “looked for …”. */
  readonly signs: string
  /** @throws {LinguluError} MANIFEST_INVALID if it is this layout, but the user must say more. */
  recognize(place: DatasetPlace, signal?: AbortSignal): Promise<Recognized | undefined>
}

export const NO_COLUMNS: Readonly<Record<string, string>> = Object.freeze({})

export function problemAt(
  file: string,
  line: number | undefined,
  kind: DatasetProblem['kind'],
  message: string,
): DatasetProblem {
  const isWarning = kind === 'empty-reference' || kind === 'unlisted-audio' || kind === 'duplicate-audio'
  return {kind, severity: isWarning ? 'warning' : 'error', file, line, message}
}
