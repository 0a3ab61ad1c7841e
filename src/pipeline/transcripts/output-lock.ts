import {dirname, join} from 'node:path'
import {LinguluError} from '../errors.js'
import {makeFolder} from './make-folder.js'
import {outputError} from './output-error.js'
import {type Holder, type ProcessLock, tryLock} from './process-lock.js'

export const LOCK_NAME = '.lingulu-lock'

/** Keeps other runs out of an output folder, or away from a file. */
export type OutputLock = ProcessLock

/**
 * Takes the folder for this process; makes it if needed. The lock of a run that was killed is taken over.
 * @throws {LinguluError} USAGE if another run has it, OUTPUT_FAILED if nothing can be written there.
 */
export async function lockOutputs(folder: string): Promise<OutputLock> {
  return takeLock(join(folder, LOCK_NAME), {what: folder, other: 'another --output-dir'})
}

/**
 * Takes a file that is to be written, whether or not it is there; makes its folder if needed. The lock stands beside it.
 * @param other what else to choose where it is taken: `another --hyps file`
 * @throws {LinguluError} USAGE if another run has it, OUTPUT_FAILED if nothing can be written there.
 */
export async function lockFile(file: string, other: string): Promise<OutputLock> {
  return takeLock(`${file}.lock`, {what: file, other})
}

interface Locked {
  /** As the user knows it. */
  readonly what: string
  /** What to choose instead. */
  readonly other: string
}

async function takeLock(path: string, locked: Locked): Promise<OutputLock> {
  try {
    await makeFolder(dirname(path))
    const taken = await tryLock(path)
    if ('release' in taken) return taken
    throw lockedError(path, locked, taken)
  } catch (error) {
    throw outputError(locked.what, error)
  }
}

function lockedError(path: string, {what, other}: Locked, {pid, since}: Holder): LinguluError {
  return new LinguluError('USAGE', `${what}: another run (process ${pid}, since ${since}) is writing there`, {
    hint: `Wait for it or choose ${other}. If there is no such run, remove ${path}.`,
  })
}
