import {createHash} from 'node:crypto'
import {readdir} from 'node:fs/promises'
import {recordFiles} from '../export/provenance.js'

/** SHA-256 over names, sizes and hashes of all files of a folder in the order of their names, and their size together. */
export async function hashModelFolder(folder: string): Promise<{readonly hash: string; readonly bytes: number}> {
  const names = (await readdir(folder, {withFileTypes: true})).filter(entry => entry.isFile()).map(({name}) => name)
  const records = await recordFiles(folder, names.sort())
  return {
    hash: createHash('sha256').update(JSON.stringify(records)).digest('hex'),
    bytes: records.reduce((sum, {bytes}) => sum + bytes, 0),
  }
}
