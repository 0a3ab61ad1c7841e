import {mkdir, stat} from 'node:fs/promises'
import {dirname} from 'node:path'

/**
 * Makes a folder and those above it that are missing. Node's own `recursive` never ends where the system refuses a folder
 * with ENOENT although the one above is there (`/proc`).
 */
export async function makeFolder(path: string): Promise<void> {
  if ((await kindOf(path)) === 'folder') return
  const above = dirname(path)
  if (above !== path && (await kindOf(above)) === 'missing') await makeFolder(above)
  await mkdir(path).catch(async error => {
    // Another process may have made it meanwhile.
    if ((await kindOf(path)) !== 'folder') throw error
  })
}

async function kindOf(path: string): Promise<'folder' | 'file' | 'missing'> {
  return stat(path).then(
    stats => (stats.isDirectory() ? 'folder' : 'file'),
    () => 'missing',
  )
}
