import {createWriteStream} from 'node:fs'
import {rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {pipeline} from 'node:stream/promises'
import {LinguluError} from '../pipeline/errors.js'
import {createSpoolDirectory, deleteSpoolDirectory} from '../pipeline/runtime/spool-directory.js'

/** @throws LinguluError USAGE where a person sits at stdin: he would wait for the program, and it for him. */
export function requirePipe(example: string): void {
  if (!process.stdin.isTTY) return
  throw new LinguluError('USAGE', 'Nothing is piped to stdin.', {hint: `Pipe audio into the command: ${example}`})
}

/** Stdin as a file: decoding may have to look at it twice, and in another process. Gone when it is disposed of. */
export function spoolStdin(): Disposable & {readonly save: (signal: AbortSignal) => Promise<string>} {
  let folder: string | undefined
  return {
    async save(signal) {
      folder = createSpoolDirectory()
      const path = join(folder, 'stdin')
      try {
        await pipeline(process.stdin, createWriteStream(path), {signal})
        return path
      } catch (cause) {
        signal.throwIfAborted()
        await rm(path, {force: true})
        throw spoolError(cause)
      }
    },
    [Symbol.dispose]: () => {
      if (folder !== undefined) deleteSpoolDirectory(folder)
    },
  }
}

function spoolError(cause: unknown): unknown {
  if (!(cause instanceof Error) || !('code' in cause)) return cause
  return new LinguluError('OUTPUT_FAILED', `stdin cannot be saved in ${tmpdir()}: ${cause.message}`, {
    cause,
    hint: 'TMPDIR chooses another folder.',
  })
}
