import {mkdtemp, readdir, readFile, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {onTestFinished} from 'vitest'

/** A folder that is gone when the test is over. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'lingulu-test-'))
  onTestFinished(() => rm(folder, {recursive: true, force: true}))
  return folder
}

/** Every file below the folder with its content, by relative path. */
export async function readTree(folder: string): Promise<Record<string, string>> {
  const names = await readdir(folder, {recursive: true, withFileTypes: true})
  const files = names.filter(entry => entry.isFile()).map(entry => join(entry.parentPath, entry.name))
  const contents = await Promise.all(
    files.map(async file => [file.slice(folder.length + 1), await readFile(file, 'utf8')] as const),
  )
  return Object.fromEntries(contents.sort(([a], [b]) => (a < b ? -1 : 1)))
}
