import {createHash} from 'node:crypto'
import {readdir, stat} from 'node:fs/promises'
import {join} from 'node:path'
import {recordFiles} from '../export/provenance.js'

/** SHA-256 over names, sizes and hashes of all files of a folder in the order of their names, and their size together. */
export async function hashModelFolder(folder: string): Promise<{readonly hash: string; readonly bytes: number}> {
  const names: string[] = []
  // Hugging Face's cache is made of links.
  for (const name of (await readdir(folder, {recursive: true})).sort())
    if ((await stat(join(folder, name))).isFile()) names.push(name)
  const records = await recordFiles(folder, names)
  return {
    hash: createHash('sha256').update(JSON.stringify(records)).digest('hex'),
    bytes: records.reduce((sum, {bytes}) => sum + bytes, 0),
  }
}
