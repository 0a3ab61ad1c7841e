import {readFile} from 'node:fs/promises'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'
import {Tensor} from 'onnxruntime-node'
import {z} from 'zod'
import {type ExportEvent, type ExportOptions, exportModel} from '../../src/pipeline/export-model.js'

/** Tiny checkpoints with transformers' outputs; see the README there. */
export const goldenCheckpoint = (name: string) =>
  fileURLToPath(new URL(`../data/onnx-reference/export/${name}`, import.meta.url))

const Values = z.record(z.string(), z.object({shape: z.array(z.int()), values: z.array(z.number())}))
const Expected = z.object({inputs: Values, outputs: Values})

export async function readExpected(name: string): Promise<z.infer<typeof Expected>> {
  return Expected.parse(JSON.parse(await readFile(join(goldenCheckpoint(name), 'expected.json'), 'utf8')))
}

export async function exportAll(options: ExportOptions): Promise<ExportEvent[]> {
  const events: ExportEvent[] = []
  for await (const event of exportModel(options)) events.push(event)
  return events
}

export const floats = (values: readonly number[], shape: readonly number[]) =>
  new Tensor('float32', Float32Array.from(values), [...shape])

export const integers = (values: readonly number[], shape: readonly number[]) =>
  new Tensor('int64', BigInt64Array.from(values, BigInt), [...shape])

/** The largest difference, as a part of the largest expected value. */
export function relativeError(actual: ArrayLike<number>, expected: readonly number[]): number {
  if (actual.length !== expected.length) throw new Error(`${actual.length} values, not ${expected.length}`)
  const largest = Math.max(...expected.map(Math.abs))
  return Math.max(...expected.map((value, i) => Math.abs(value - (actual[i] ?? Number.NaN)))) / largest
}
