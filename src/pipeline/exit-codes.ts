import {type ErrorCode, LinguluError} from './errors.js'

/** Exit codes of the commands; README.md says what they mean. */
export const EXIT = {
  ok: 0,
  bug: 1,
  usage: 2,
  someFailed: 3,
  gateFailed: 4,
  unavailable: 5,
  interrupted: 130,
  /** Whoever read stdout has gone; that of a program which SIGPIPE ends. */
  closedOutput: 141,
} as const

const EXIT_OF: Readonly<Record<ErrorCode, number>> = {
  USAGE: EXIT.usage,
  CONFIG_INVALID: EXIT.usage,
  MANIFEST_INVALID: EXIT.usage,
  OPTION_UNSUPPORTED: EXIT.usage,
  OUTPUT_COLLISION: EXIT.usage,
  OUTPUT_EXISTS: EXIT.usage,
  JOURNAL_INVALID: EXIT.usage,
  INPUT_MISSING: EXIT.someFailed,
  AUDIO_UNREADABLE: EXIT.someFailed,
  AUDIO_EMPTY: EXIT.someFailed,
  AUDIO_CORRUPT: EXIT.someFailed,
  AUDIO_UNSUPPORTED: EXIT.someFailed,
  AUDIO_STALLED: EXIT.someFailed,
  FFMPEG_MISSING: EXIT.someFailed,
  OUTPUT_FAILED: EXIT.someFailed,
  ALIGNMENT_IMPOSSIBLE: EXIT.someFailed,
  WORKER_CRASHED: EXIT.someFailed,
  TIMEOUT: EXIT.someFailed,
  OUT_OF_MEMORY: EXIT.someFailed,
  MODEL_MISSING: EXIT.unavailable,
  MODEL_INVALID: EXIT.unavailable,
  MODEL_DOWNLOAD: EXIT.unavailable,
  DATASET_MISSING: EXIT.unavailable,
  DATASET_DOWNLOAD: EXIT.unavailable,
  PROVIDER_UNAVAILABLE: EXIT.unavailable,
  OFFLINE: EXIT.unavailable,
  GATE_FAILED: EXIT.gateFailed,
  TRAINING_DIVERGED: EXIT.someFailed,
  INTERRUPTED: EXIT.interrupted,
}

/** The process exit code for a command that ended with this error. */
export function exitCodeOf(error: unknown): number {
  return error instanceof LinguluError ? EXIT_OF[error.code] : EXIT.bug
}
