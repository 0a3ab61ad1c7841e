import {copyFile, mkdir} from 'node:fs/promises'
import {basename, dirname, join, posix, relative, resolve} from 'node:path'
import {type FileRecord, recordFile} from '../models/file-record.js'
import type {PrecisionChoice} from '../models/model-folder.js'
import type {ModelSource} from '../models/model-source.js'
import {externalDataFiles} from '../models/onnx-external-data.js'
import {writeFolder} from '../transcripts/draft-folder.js'
import {describeSource, type FolderRecord, writeFolderRecord} from './folder-record.js'
import type {ToolDone} from './tool-events.js'

/** One ONNX file that becomes another. */
export interface FileTransform {
  /** Relative to its folder, with `/`. */
  readonly name: string
  /** Likewise, in the folder that is made. */
  readonly targetName: string
  /** Absolute. */
  readonly source: string
  readonly target: string
}

export interface FolderTransform<Done extends ToolDone> {
  /** What the user named: a folder or an ONNX file. */
  readonly from: string
  /** The folder to be made, which must not be there. */
  readonly to: string
  readonly source: ModelSource
  /** In which the source was opened. */
  readonly precision: PrecisionChoice
  readonly format: FolderRecord['format']
  /** For the record: what was asked for. */
  readonly options: unknown
  /** The new name of an ONNX file. */
  readonly rename: (name: string) => string
  /** Makes `target`, mostly with a tool, and tells the absolute paths of what it wrote. It must have been checked. */
  readonly transform: (file: FileTransform) => Promise<Done>
  /** Does more in the draft, when all models are there: reports, measurements. Gives the names of the files it wrote. */
  readonly finish?: ((draft: string, done: readonly Done[]) => Promise<readonly string[]>) | undefined
  readonly signal?: AbortSignal | undefined
}

export interface TransformedFolder {
  /** Absolute. */
  readonly folder: string
  readonly record: FolderRecord
  /** Of the ONNX files, with the weights beside them. */
  readonly sourceBytes: number
  readonly targetBytes: number
}

/**
 * Makes a model folder of another one: its ONNX files changed one after another, its other files as they are, and
 * `lingulu.json`, which says what was done. The folder appears whole or not at all; the source is only read.
 *
 * @throws LinguluError OUTPUT_EXISTS, OUTPUT_FAILED; what `transform` and `finish` throw; the signal's reason
 */
export async function transformFolder<Done extends ToolDone>(work: FolderTransform<Done>): Promise<TransformedFolder> {
  const {signal} = work
  const folder = resolve(work.to)
  const {record, done} = await writeFolder(folder, draft => fillDraft(work, draft), signal)
  // Files of weights that several models share count once.
  const models = new Set(done.flatMap(({files}) => files.map(file => basename(file))))
  const sum = (files: readonly FileRecord[]) => files.reduce((total, {bytes}) => total + bytes, 0)
  const made = record.files.filter(({path}) => models.has(posix.basename(path)))
  return {folder, record, sourceBytes: sum(record.source.files), targetBytes: sum(made)}
}

async function fillDraft<Done extends ToolDone>(work: FolderTransform<Done>, draft: string) {
  const {from, source, precision, format, options, rename, transform, finish, signal} = work
  for (const name of source.companions) await copyFile(join(source.folder, name), join(draft, name))
  const done: Done[] = []
  const written: string[] = [...source.companions]
  for (const name of source.models) {
    signal?.throwIfAborted()
    const targetName = rename(name)
    const target = join(draft, targetName)
    await mkdir(dirname(target), {recursive: true})
    const made = await transform({name, targetName, source: join(source.folder, name), target})
    done.push(made)
    written.push(...made.files.map(file => relative(draft, file).replaceAll('\\', '/')))
  }
  written.push(...((await finish?.(draft, done)) ?? []))
  const sources = await recordAll(source.folder, await withData(source), signal)
  const record = await writeFolderRecord(draft, {
    format,
    source: await describeSource(resolve(from), sources, precision),
    options,
    files: await recordAll(draft, [...new Set(written)], signal),
  })
  return {record, done}
}

/** The ONNX files of a source and the files they keep weights in. */
async function withData({folder, models}: ModelSource): Promise<readonly string[]> {
  const names = new Set(models)
  for (const name of models)
    for (const location of await externalDataFiles(join(folder, name)))
      names.add(posix.join(posix.dirname(name), location.replaceAll('\\', '/')))
  return [...names]
}

async function recordAll(folder: string, names: readonly string[], signal: AbortSignal | undefined) {
  const records: FileRecord[] = []
  for (const name of names) records.push(await recordFile(folder, name, signal))
  return records
}
