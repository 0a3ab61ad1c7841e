import {writeFile} from 'node:fs/promises'
import {basename, join, resolve} from 'node:path'
import {type FileRecord, PROVENANCE_FILE} from '../models/file-record.js'
import {packageVersion} from '../version.js'
import type {GpuIdentity} from './gpu-identity.js'

/** An engine of a folder, as `lingulu.json` tells of it. */
export interface EngineRecord extends FileRecord {
  /** The ONNX file that it was built from. */
  readonly source: string
  readonly convertedToHalf: boolean
  /** Options of `trtexec`, without file names. */
  readonly flags: readonly string[]
  /** Undefined where the log does not tell. */
  readonly buildSeconds: number | undefined
  /** Whether it was built by an earlier run. */
  readonly cached: boolean
}

/** `lingulu.json` of a folder of TensorRT engines: what they were built from, how, and where they run. */
export interface EnginesRecord {
  readonly format: 'lingulu-tensorrt'
  readonly version: 1
  readonly lingulu: string
  readonly tensorrt: string
  /** What is known of it. */
  readonly gpu: {readonly [Name in keyof GpuIdentity]?: string | undefined}
  readonly source: {readonly name: string; readonly files: readonly FileRecord[]}
  readonly engines: readonly EngineRecord[]
}

/** Writes the record into `folder`. Of the source it tells the name, not the whole path. */
export async function writeEnginesRecord(
  folder: string,
  from: string,
  {files, ...rest}: Pick<EnginesRecord, 'tensorrt' | 'gpu' | 'engines'> & {readonly files: readonly FileRecord[]},
): Promise<EnginesRecord> {
  const {tensorrt, gpu, engines} = rest
  const record: EnginesRecord = {
    format: 'lingulu-tensorrt',
    version: 1,
    lingulu: packageVersion(),
    tensorrt,
    gpu,
    source: {name: basename(resolve(from)), files},
    engines,
  }
  await writeFile(join(folder, PROVENANCE_FILE), `${JSON.stringify(record, undefined, 2)}\n`)
  return record
}
