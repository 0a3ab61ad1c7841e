import {writeFile} from 'node:fs/promises'
import {basename, join, resolve} from 'node:path'
import {type FileRecord, PROVENANCE_FILE, recordFile} from '../models/file-record.js'
import {packageVersion} from '../version.js'
import type {Checkpoint} from './checkpoint.js'
import type {ExportPrecision, Layout} from './layouts.js'

/** `lingulu.json` of an exported model: what it was made of, and how. The same input gives the same file. */
export interface Provenance {
  readonly format: 'lingulu-export'
  readonly version: 1
  readonly lingulu: string
  readonly source: {readonly name: string; readonly weights: readonly FileRecord[]}
  readonly architecture: string
  readonly options: {
    readonly layout: Layout
    readonly precision: ExportPrecision
    readonly opset: number
    readonly crossAttentions: boolean
  }
  readonly files: readonly FileRecord[]
}

/** Name, size and SHA-256 of files in a folder, one after the other. */
export async function recordFiles(
  folder: string,
  paths: readonly string[],
  signal?: AbortSignal,
): Promise<readonly FileRecord[]> {
  const records: FileRecord[] = []
  for (const path of paths) records.push(await recordFile(folder, path, signal))
  return records
}

export interface ProvenanceParts extends Pick<Provenance, 'architecture' | 'options' | 'files'> {
  readonly checkpoint: Checkpoint
  readonly weights: readonly FileRecord[]
}

/** Writes it into `folder`. The name of the source is that of its folder, not its whole path. */
export async function writeProvenance(
  folder: string,
  {checkpoint, weights, architecture, options, files}: ProvenanceParts,
): Promise<Provenance> {
  const provenance: Provenance = {
    format: 'lingulu-export',
    version: 1,
    lingulu: packageVersion(),
    source: {name: basename(resolve(checkpoint.path)), weights},
    architecture,
    options,
    files,
  }
  await writeFile(join(folder, PROVENANCE_FILE), `${JSON.stringify(provenance, undefined, 2)}\n`)
  return provenance
}
