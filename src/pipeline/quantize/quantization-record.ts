import {readFile, writeFile} from 'node:fs/promises'
import {basename, join} from 'node:path'
import {type FileRecord, PROVENANCE_FILE} from '../models/file-record.js'
import {packageFile} from '../models/package-root.js'
import {packageVersion} from '../version.js'
import type {Recipe} from './recipes.js'

/** `lingulu.json` of a quantized model: what it was made from, and how. The same input gives the same file. */
export interface QuantizationRecord {
  readonly format: 'lingulu-quantize'
  readonly version: 1
  readonly lingulu: string
  /** The version of ONNX Runtime that the models were loaded with. */
  readonly onnxruntime: string
  readonly source: {readonly name: string; readonly files: readonly FileRecord[]}
  readonly recipe: Recipe
  readonly precision: string
  readonly files: readonly (FileRecord & {readonly quantizedNodes?: number | undefined})[]
}

/** Writes the record into `folder`. Of the source it tells the name, not the whole path. */
export async function writeQuantizationRecord(
  folder: string,
  from: string,
  {
    source,
    ...rest
  }: Pick<QuantizationRecord, 'recipe' | 'precision' | 'files'> & {
    readonly source: readonly FileRecord[]
  },
): Promise<void> {
  const {dependencies}: {dependencies: Record<string, string>} = JSON.parse(
    await readFile(packageFile('package.json'), 'utf8'),
  )
  const record: QuantizationRecord = {
    format: 'lingulu-quantize',
    version: 1,
    lingulu: packageVersion(),
    onnxruntime: dependencies['onnxruntime-node'] ?? '',
    source: {name: basename(from), files: source},
    ...rest,
  }
  await writeFile(join(folder, PROVENANCE_FILE), `${JSON.stringify(record, undefined, 2)}\n`)
}
