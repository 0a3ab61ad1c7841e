import {createHash, type Hash} from 'node:crypto'
import {createReadStream} from 'node:fs'
import {stat} from 'node:fs/promises'

/** What a file's bytes must hash to. `gitBlob` is what git calls an object's name: SHA-1 with a header. */
export interface Digest {
  readonly kind: 'sha256' | 'gitBlob' | 'md5'
  readonly hex: string
}

const ALGORITHMS = {sha256: 'sha256', gitBlob: 'sha1', md5: 'md5'} as const

/** As messages call them. */
export const DIGEST_NAMES = {sha256: 'SHA-256', gitBlob: 'git hash', md5: 'MD5'} as const

/** The digest of a file's bytes in hexadecimal, streaming. */
export async function digestFile(path: string, kind: Digest['kind'], signal?: AbortSignal): Promise<string> {
  const hash: Hash = createHash(ALGORITHMS[kind])
  if (kind === 'gitBlob') hash.update(`blob ${(await stat(path)).size}\0`)
  for await (const chunk of createReadStream(path, {highWaterMark: 1 << 20, ...(signal ? {signal} : {})}))
    hash.update(chunk)
  return hash.digest('hex')
}
