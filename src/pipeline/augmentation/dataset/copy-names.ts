import {createHash} from 'node:crypto'

const LONGEST = 120 // characters: file systems take 255 bytes with all that follows

/**
 * A file name for each id, without extension: the id itself where every file system takes it, else made safe and told apart
 * by a digest. All differ, also where capitals and small letters are the same.
 */
export function copyNames(ids: readonly string[]): ReadonlyMap<string, string> {
  const owners = new Map<string, string>()
  const names = new Map<string, string>()
  for (const id of ids) {
    const safe = id.replaceAll(/[^A-Za-z0-9._-]+/g, '_').slice(0, LONGEST)
    const isPlain = safe === id && /^[A-Za-z0-9]/.test(id) && !owners.has(id.toLowerCase())
    const name = isPlain ? id : `x${safe}-${createHash('sha256').update(id).digest('hex').slice(0, 12)}`
    owners.set(name.toLowerCase(), id)
    names.set(id, name)
  }
  return names
}
