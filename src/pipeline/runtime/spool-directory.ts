import {mkdtempSync, readdirSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'

const PREFIX = 'lingulu-spool-'

/**
 * A folder for the spool files of one worker. The process that starts the worker owns it and deletes it when the worker
 * ends, however that happens. What a killed owner has left is deleted by the next.
 */
export function createSpoolDirectory(parent: string = tmpdir()): string {
  sweep(parent)
  return mkdtempSync(join(parent, `${PREFIX}${process.pid}-`))
}

export function deleteSpoolDirectory(path: string): void {
  rmSync(path, {recursive: true, force: true})
}

function sweep(parent: string): void {
  for (const name of readdirSync(parent)) {
    const owner = name.startsWith(PREFIX) ? Number.parseInt(name.slice(PREFIX.length), 10) : Number.NaN
    if (!Number.isNaN(owner) && !isRunning(owner)) deleteSpoolDirectory(join(parent, name))
  }
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    // EPERM: it runs, as somebody else.
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
