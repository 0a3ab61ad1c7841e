import {readFile} from 'node:fs/promises'
import {join} from 'node:path'
import {isUnchanged} from '../inputs/fingerprint.js'
import {digest} from './digest.js'
import type {DoneEntry} from './read-journal.js'

/**
 * Whether what the journal calls done still is. `own`: the input has changed or an output is gone, the rest is as this
 * program left it and may be written again. `changed`: an output has been changed by somebody.
 */
export async function checkDone(
  entry: DoneEntry,
  audio: string,
  outputDir: string,
): Promise<'done' | 'own' | 'changed'> {
  const found = await Promise.all(
    entry.outputs.map(async ({path, sha256}) => {
      const content = await readFile(join(outputDir, path)).catch(() => undefined)
      return content === undefined ? 'gone' : digest(content) === sha256 ? 'same' : 'changed'
    }),
  )
  if (found.includes('changed')) return 'changed'
  if (found.includes('gone') || entry.input === undefined) return 'own'
  return (await isUnchanged(audio, entry.input)) ? 'done' : 'own'
}
