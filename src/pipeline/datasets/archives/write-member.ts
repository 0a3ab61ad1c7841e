import {mkdir, open} from 'node:fs/promises'
import {dirname, join} from 'node:path'
import {throwIfInterrupted} from '../../download/retrying.js'
import {ArchiveError, type ArchiveMember, type ExtractionLimits, tooLarge} from './archive-member.js'
import {checkLink, memberPath} from './member-path.js'

/** What was unpacked so far. */
export interface Extracted {
  readonly files: number
  readonly bytes: number
  /** Links and devices, which are never made: their names, the first few. */
  readonly leftOut: readonly string[]
  readonly leftOutCount: number
}

const LEFT_OUT_SHOWN = 5

/** Writes the members of an archive into a folder that is nobody else's, and counts. */
export function createMemberWriter(folder: string, limits: ExtractionLimits, signal?: AbortSignal) {
  const made = new Set<string>()
  const leftOut: string[] = []
  let members = 0
  let files = 0
  let bytes = 0
  let leftOutCount = 0

  /** @throws ArchiveError if the member breaks a rule; errors of the file system come as they are. */
  async function write(member: ArchiveMember): Promise<void> {
    if (++members > limits.members)
      throw new ArchiveError(`it holds more than ${limits.members.toLocaleString('en')} files`)
    const segments = memberPath(member.name)
    if (member.kind === 'link' && member.target !== undefined) checkLink(segments, member.target)
    if (member.kind === 'link' || member.kind === 'other') {
      leftOutCount++
      if (leftOut.length < LEFT_OUT_SHOWN) leftOut.push(segments.join('/'))
    } else if (member.kind === 'folder') await makeFolder(join(folder, ...segments))
    else if (segments.length > 0) await writeFile(join(folder, ...segments), member)
  }

  async function makeFolder(path: string): Promise<void> {
    if (made.has(path)) return
    await blocked(path, () => mkdir(path, {recursive: true}))
    made.add(path)
  }

  async function writeFile(path: string, member: ArchiveMember): Promise<void> {
    if (bytes + member.bytes > limits.bytes) throw tooLarge(limits.bytes)
    await makeFolder(dirname(path))
    const file = await blocked(path, () => open(path, 'wx', 0o644))
    try {
      for await (const chunk of await member.content()) {
        throwIfInterrupted(signal)
        bytes += chunk.length
        if (bytes > limits.bytes) throw tooLarge(limits.bytes)
        await file.writeFile(chunk)
      }
    } finally {
      await file.close()
    }
    files++
  }

  return {write, extracted: (): Extracted => ({files, bytes, leftOut, leftOutCount})}
}

/** The folder was empty: what stands in the way came out of the archive, under the same name or one that the system takes for it. */
async function blocked<T>(path: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action()
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'EEXIST' || error.code === 'ENOTDIR'))
      throw new ArchiveError(`it holds two files of the same name (${path})`)
    throw error
  }
}
