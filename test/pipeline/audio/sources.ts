import {mkdtempSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {Readable} from 'node:stream'
import {fileURLToPath} from 'node:url'
import type {AudioSource} from '../../../src/pipeline/audio/source.js'

/** A file of `test/data/audio`. */
export function seedPath(name: string): string {
  return fileURLToPath(new URL(`../../data/audio/${name}`, import.meta.url))
}

/** Bytes as standard input would bring them. */
export function stream(bytes: Uint8Array, chunkBytes = 1000): AudioSource {
  const chunks = Array.from({length: Math.ceil(bytes.length / chunkBytes)}, (_, i) =>
    bytes.slice(i * chunkBytes, (i + 1) * chunkBytes),
  )
  return {type: 'stream', stream: Readable.from(chunks), name: 'standard input'}
}

/** Writes a file to a new temporary folder. */
export function temporaryFile(name: string, bytes: Uint8Array | string): string {
  const path = join(mkdtempSync(join(tmpdir(), 'lingulu-test-')), name)
  writeFileSync(path, bytes)
  return path
}

export const file = (path: string): AudioSource => ({type: 'file', path})
