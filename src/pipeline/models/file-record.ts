import {stat} from 'node:fs/promises'
import {join} from 'node:path'
import {digestFile} from '../download/digest-file.js'

/** A file of a model folder, as `lingulu.json` tells of it. */
export interface FileRecord {
  /** Relative to its folder, with `/`. */
  readonly path: string
  readonly bytes: number
  readonly sha256: string
}

/** What a folder made by lingulu was made of, and how. */
export const PROVENANCE_FILE = 'lingulu.json'

export async function recordFile(folder: string, path: string, signal?: AbortSignal): Promise<FileRecord> {
  const absolute = join(folder, path)
  return {path, bytes: (await stat(absolute)).size, sha256: await digestFile(absolute, 'sha256', signal)}
}
