import {createHash} from 'node:crypto'
import {readFile, writeFile} from 'node:fs/promises'
import {basename, join} from 'node:path'
import {LinguluError} from '../errors.js'
import {type FileRecord, PROVENANCE_FILE, recordFile} from '../models/file-record.js'
import type {PrecisionChoice} from '../models/model-folder.js'
import {packageFile} from '../models/package-root.js'
import {hashModel, inspectModelFolder} from '../models/read-model-folder.js'
import {packageVersion} from '../version.js'

/** `lingulu.json` of a folder made of another one: what of, and how. The same input gives the same file. */
export interface FolderRecord {
  readonly format: 'lingulu-quantize' | 'lingulu-prune' | 'lingulu-optimize'
  readonly version: 1
  readonly lingulu: string
  /** The version of ONNX Runtime that the models were loaded with. */
  readonly onnxruntime: string
  readonly source: {
    /** Of the folder or the file; not its whole path. */
    readonly name: string
    /** The model's, as results tell it; of a lone ONNX file and its weights over these. */
    readonly hash: string
    /** What was changed: ONNX files, with their weights beside. */
    readonly files: readonly FileRecord[]
  }
  /** What was asked for, in the words of the tool. */
  readonly options: unknown
  /** What was written. */
  readonly files: readonly FileRecord[]
}

/** Writes the record into `folder`. */
export async function writeFolderRecord(
  folder: string,
  {format, source, options, files}: Pick<FolderRecord, 'format' | 'source' | 'options' | 'files'>,
): Promise<FolderRecord> {
  const {dependencies}: {dependencies: Record<string, string>} = JSON.parse(
    await readFile(packageFile('package.json'), 'utf8'),
  )
  const record: FolderRecord = {
    format,
    version: 1,
    lingulu: packageVersion(),
    onnxruntime: dependencies['onnxruntime-node'] ?? '',
    source,
    options,
    files,
  }
  await writeFile(join(folder, PROVENANCE_FILE), `${JSON.stringify(record, undefined, 2)}\n`)
  return record
}

/** Adds files that were written later, such as reports, to the record of a folder that has no name yet. */
export async function recordMoreFiles(
  folder: string,
  record: FolderRecord,
  paths: readonly string[],
  signal?: AbortSignal,
): Promise<FolderRecord> {
  const files = [...record.files]
  for (const path of paths) files.push(await recordFile(folder, path, signal))
  return await writeFolderRecord(folder, {...record, files})
}

/** The source as the record tells of it: `files` are those changed, `from` what the user named. */
export async function describeSource(
  from: string,
  files: readonly FileRecord[],
  precision: PrecisionChoice,
): Promise<FolderRecord['source']> {
  return {name: basename(from), hash: (await modelHash(from, precision)) ?? hashOf(files), files}
}

/** Undefined for what is no model that transcribes. */
async function modelHash(from: string, precision: PrecisionChoice): Promise<string | undefined> {
  try {
    const {folder, files} = await inspectModelFolder(from, {precision})
    return await hashModel(folder.path, files, undefined)
  } catch (error) {
    if (error instanceof LinguluError) return undefined
    throw error
  }
}

function hashOf(files: readonly FileRecord[]): string {
  const hash = createHash('sha256')
  for (const {path, sha256} of files) hash.update(`${sha256}  ${path}\n`)
  return hash.digest('hex')
}
