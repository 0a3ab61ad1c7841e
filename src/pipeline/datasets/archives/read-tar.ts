import {createReadStream} from 'node:fs'
import {pipeline} from 'node:stream'
import {createGunzip} from 'node:zlib'
import {type Extract, extract, type Header} from 'tar-stream'
import {type ArchiveMember, type ExtractionLimits, tooLarge} from './archive-member.js'
import {bunzip2} from './bunzip2.js'

export type TarCompression = 'none' | 'gzip' | 'bzip2'

/**
 * The members of a tar file, in its order.
 * @throws ArchiveError, and what the decompression says of damage
 */
export async function* readTar(
  path: string,
  compression: TarCompression,
  limits: ExtractionLimits,
): AsyncGenerator<ArchiveMember> {
  const members = extract()
  const feeding = feed(decompress(path, compression), members, limits.bytes)
  try {
    for await (const entry of members) {
      const {name, type, linkname, size} = entry.header
      yield {name, kind: kindOf(type), target: linkname, bytes: size, content: () => bytesOf(entry)}
      entry.resume()
    }
    await feeding
  } finally {
    members.destroy()
    await feeding.catch(() => undefined)
  }
}

function decompress(path: string, compression: TarCompression): AsyncIterable<Uint8Array> {
  const file = createReadStream(path, {highWaterMark: 1 << 18})
  if (compression === 'none') return file
  if (compression === 'bzip2') return bunzip2(file)
  return pipeline(file, createGunzip(), () => undefined) // an error of either comes out of the second
}

/** What it counts is also what lies between the members: headers, padding. */
async function feed(source: AsyncIterable<Uint8Array>, members: Extract, maximumBytes: number): Promise<void> {
  let bytes = 0
  try {
    for await (const chunk of source) {
      bytes += chunk.length
      if (bytes > maximumBytes) throw tooLarge(maximumBytes)
      if (members.destroying) return
      if (!members.write(chunk)) await drained(members)
    }
    members.end(null)
  } catch (error) {
    members.destroy(error instanceof Error ? error : new Error(String(error)))
  }
}

function drained(members: Extract): Promise<void> {
  return new Promise(resolve => {
    if (members.destroyed) return resolve() // and says nothing any more
    const done = () => {
      members.off('drain', done)
      members.off('close', done)
      resolve()
    }
    members.on('drain', done)
    members.on('close', done)
  })
}

async function* bytesOf(entry: AsyncIterable<unknown>): AsyncGenerator<Uint8Array> {
  for await (const chunk of entry) if (chunk instanceof Uint8Array) yield chunk
}

function kindOf(type: Header['type']): ArchiveMember['kind'] {
  if (type === 'file' || type === 'contiguous-file') return 'file'
  if (type === 'directory') return 'folder'
  return type === 'symlink' || type === 'link' ? 'link' : 'other'
}
