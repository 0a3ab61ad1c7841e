import {writeFile} from 'node:fs/promises'
import {basename, join, resolve} from 'node:path'
import {type FileRecord, PROVENANCE_FILE, recordFile} from '../models/file-record.js'
import {packageVersion} from '../version.js'
import type {Checkpoint} from './checkpoint.js'

/** `lingulu.json` of an exported model: what it was made of, and how. The same input gives the same file. */
export interface Provenance {
  readonly format: 'lingulu-export'
  readonly version: 1
  readonly lingulu: string
  readonly source: {readonly name: string; readonly weights: readonly FileRecord[]}
  readonly architecture: string
  readonly options: {readonly precision: string; readonly opset: number; readonly crossAttentions: boolean}
  readonly files: readonly FileRecord[]
}

/** Writes it into `folder`, where `paths` stand. The name of the source is that of its folder, not its whole path. */
export async function writeProvenance(
  folder: string,
  {path, weightFiles}: Checkpoint,
  {architecture, options, paths}: Pick<Provenance, 'architecture' | 'options'> & {readonly paths: readonly string[]},
  signal?: AbortSignal,
): Promise<Provenance> {
  const weights: FileRecord[] = []
  for (const name of weightFiles) weights.push(await recordFile(path, name, signal))
  const files: FileRecord[] = []
  for (const name of paths) files.push(await recordFile(folder, name, signal))
  const provenance: Provenance = {
    format: 'lingulu-export',
    version: 1,
    lingulu: packageVersion(),
    source: {name: basename(resolve(path)), weights},
    architecture,
    options,
    files,
  }
  await writeFile(join(folder, PROVENANCE_FILE), `${JSON.stringify(provenance, undefined, 2)}\n`)
  return provenance
}
