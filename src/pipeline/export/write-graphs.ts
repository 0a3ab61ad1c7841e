import {join, relative} from 'node:path'
import {type Model, weightKey} from '../onnx/model.js'
import {modelTensors} from '../onnx/visit.js'
import {isExternal, writeModel, writeTogether} from '../onnx/write-model.js'
import type {ExportedGraph} from './exported-graph.js'

export interface WriteGraphsOptions {
  readonly signal: AbortSignal
  /** Models with more bytes of weights keep them in a file beside. */
  readonly externalDataBytes?: number | undefined
  /** Told after each piece of weights; bytes are those of all files together. */
  readonly onProgress: (path: string, doneBytes: number) => void
}

/** Graphs that are written together, because they share their weights. */
type Batch = readonly [ExportedGraph, ...ExportedGraph[]]

/** Bytes of weights that will be written: those of a family once. */
export function bytesToWrite(graphs: readonly ExportedGraph[], externalDataBytes: number | undefined): number {
  return batchesOf(graphs, externalDataBytes).reduce((sum, batch) => sum + weightBytes(batch), 0)
}

/** Writes the graphs into a folder; gives the files written, relative to it. */
export async function writeGraphs(
  graphs: readonly ExportedGraph[],
  folder: string,
  {signal, externalDataBytes, onProgress}: WriteGraphsOptions,
): Promise<string[]> {
  const paths: string[] = []
  let before = 0
  for (const batch of batchesOf(graphs, externalDataBytes)) {
    const [first] = batch
    const options = {externalDataBytes, signal, onProgress: (done: number) => onProgress(first.path, before + done)}
    const models = batch.map(({path, model}) => ({model, path: join(folder, path)}))
    const {files} =
      first.family === undefined || isWhole(first, externalDataBytes)
        ? await writeModel(first.model, join(folder, first.path), options)
        : await writeTogether(models, join(folder, `${first.path}_data`), options)
    paths.push(...files.map(file => relative(folder, file).replaceAll('\\', '/')))
    before += weightBytes(batch)
  }
  return paths
}

function batchesOf(graphs: readonly ExportedGraph[], externalDataBytes: number | undefined): Batch[] {
  const batches: Batch[] = []
  const families = new Set<string>()
  for (const graph of graphs) {
    const {family} = graph
    if (family === undefined || isWhole(graph, externalDataBytes)) batches.push([graph])
    else if (!families.has(family)) {
      families.add(family)
      const others = graphs.filter(other => other !== graph && other.family === family)
      batches.push([graph, ...others.filter(other => !isWhole(other, externalDataBytes))])
    }
  }
  return batches
}

/** Whether a graph of a family has its weights in itself. */
const isWhole = (graph: ExportedGraph, externalDataBytes: number | undefined): boolean =>
  graph.alone === true && !isExternal(weightBytes([graph]), {externalDataBytes})

function weightBytes(graphs: readonly {readonly model: Model}[]): number {
  const sizes = new Map<string, number>()
  for (const {model} of graphs)
    for (const tensor of modelTensors(model.proto)) {
      const key = weightKey(tensor)
      if (key !== undefined) sizes.set(key, model.weights.get(key)?.byteLength ?? 0)
    }
  return [...sizes.values()].reduce((sum, bytes) => sum + bytes, 0)
}
