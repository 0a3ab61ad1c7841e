/** What went wrong, by kind. The kind decides the exit code (`exit-codes.ts`). */
export type ErrorCode =
  // what the user asked for
  | 'USAGE'
  | 'CONFIG_INVALID'
  | 'MANIFEST_INVALID'
  | 'OPTION_UNSUPPORTED'
  | 'OUTPUT_COLLISION'
  | 'OUTPUT_EXISTS'
  | 'JOURNAL_INVALID'
  // one input
  | 'INPUT_MISSING'
  | 'AUDIO_UNREADABLE'
  | 'AUDIO_EMPTY'
  | 'AUDIO_CORRUPT'
  | 'AUDIO_UNSUPPORTED'
  | 'AUDIO_STALLED'
  | 'FFMPEG_MISSING'
  | 'OUTPUT_FAILED'
  | 'ALIGNMENT_IMPOSSIBLE'
  | 'WORKER_CRASHED'
  | 'TIMEOUT'
  | 'OUT_OF_MEMORY'
  // the machine and the model
  | 'MODEL_MISSING'
  | 'MODEL_INVALID'
  | 'MODEL_DOWNLOAD'
  | 'DATASET_MISSING'
  | 'DATASET_DOWNLOAD'
  | 'PROVIDER_UNAVAILABLE'
  | 'OFFLINE'
  | 'GATE_FAILED'
  | 'TRAINING_DIVERGED'
  | 'INTERRUPTED'

export interface LinguluErrorOptions {
  readonly cause?: unknown
  /** What to do about it: one sentence or a command. */
  readonly hint?: string | undefined
}

/** A failure the user can act on. Anything else is a bug and keeps its stack. */
export class LinguluError extends Error {
  override readonly name = 'LinguluError'
  readonly hint: string | undefined

  constructor(
    readonly code: ErrorCode,
    message: string,
    {cause, hint}: LinguluErrorOptions = {},
  ) {
    super(message, cause === undefined ? undefined : {cause})
    this.hint = hint
  }
}

/** The form in which an error crosses a process boundary or stands in JSON output. */
export interface ErrorRecord {
  readonly code: ErrorCode | 'BUG'
  readonly message: string
  readonly hint?: string | undefined
  readonly stack?: string | undefined
}

export function toErrorRecord(error: unknown): ErrorRecord {
  if (error instanceof LinguluError) return {code: error.code, message: error.message, hint: error.hint}
  if (error instanceof Error) return {code: 'BUG', message: error.message, stack: error.stack}
  return {code: 'BUG', message: String(error)}
}

/** The inverse of {@link toErrorRecord}: a bug comes back as a plain `Error` with its original stack. */
export function fromErrorRecord({code, message, hint, stack}: ErrorRecord): Error {
  if (code !== 'BUG') return new LinguluError(code, message, {hint})
  const error = new Error(message)
  if (stack !== undefined) error.stack = stack
  return error
}
