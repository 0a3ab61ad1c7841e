import {stat} from 'node:fs/promises'
import {join} from 'node:path'
import {z} from 'zod'
import {packageFile} from '../../models/package-root.js'
import {readJsonFile} from './read-json-file.js'

/** As Whisper's `english.json` and the `normalizer.json` of model folders have them: spelling → what it becomes. */
const SpellingFile = z.record(z.string(), z.string())

export interface Spellings {
  /** The file, as it was named; undefined for lingulu's own. */
  readonly path: string | undefined
  readonly table: ReadonlyMap<string, string>
}

/**
 * A table of spellings: of a file, of a model folder's `normalizer.json`, or lingulu's own, generated from VarCon.
 * @throws LinguluError CONFIG_INVALID
 */
export async function readSpellings(path: string | undefined): Promise<Spellings> {
  const own = packageFile('configs/spellings-english.json')
  const file = path === undefined ? own : (await isFolder(path)) ? join(path, 'normalizer.json') : path
  const table = await readJsonFile(file, SpellingFile, 'a table of spellings')
  return {path: path === undefined ? undefined : file, table: new Map(Object.entries(table))}
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory()
  } catch {
    return false
  }
}
