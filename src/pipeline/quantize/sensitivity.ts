import {mkdir, rm} from 'node:fs/promises'
import {join} from 'node:path'
import {openComparer} from './compare-outputs.js'
import type {NodeGroup} from './node-groups.js'
import {type OutputError, severity, worstError} from './output-errors.js'
import type {SensitivityRecord} from './quantization-report.js'

export interface SensitivityOptions {
  readonly groups: readonly NodeGroup[]
  /** Float ONNX files by graph. */
  readonly sources: ReadonlyMap<string, string>
  /** Feeds files by graph. A graph without one has never run: nothing is measured of its groups. */
  readonly feeds: ReadonlyMap<string, string>
  /** Writes the graph with these nodes quantized, and no others, to `target`. */
  readonly quantizeOnly: (graph: string, nodes: readonly string[], target: string) => Promise<void>
  /** For one model at a time; what is put there is removed again. */
  readonly folder: string
  /** Feeds of each graph that are compared. Default 16. */
  readonly samples?: number | undefined
  readonly threads?: number | undefined
  readonly signal?: AbortSignal | undefined
  readonly onProgress?: ((progress: SensitivityProgress) => void) | undefined
}

export interface SensitivityProgress {
  readonly graph: string
  readonly group: string
  readonly done: number
  readonly total: number
  /** Null where its graph never ran. */
  readonly rmsRelativeError: number | null
}

const SAMPLES = 16

/**
 * Quantizes each group of nodes alone and ranks the groups by what that does to the outputs of their graph: the largest
 * relative RMS error of an output on recorded feeds, most sensitive first. Costs a quantization and a pass over the samples
 * for each group. Groups of a graph that never ran come last: what never runs changes no text.
 *
 * @throws what `quantizeOnly` throws; LinguluError MODEL_INVALID, WORKER_CRASHED; the signal's reason
 */
export async function rankSensitivity(options: SensitivityOptions): Promise<SensitivityRecord[]> {
  const {groups, onProgress} = options
  const measured: Measured[] = []
  for (const [graph, own] of byGraph(groups))
    for await (const one of measureGraph(graph, own, options)) {
      measured.push(one)
      const rmsRelativeError = one.error?.rmsRelativeError ?? null
      onProgress?.({graph, group: one.group.name, done: measured.length, total: groups.length, rmsRelativeError})
    }
  // Sorting is stable: groups of equal error stay in the order of the graph.
  return measured.sort((a, b) => rankOf(b) - rankOf(a)).map(toRecord)
}

interface Measured {
  readonly group: NodeGroup
  readonly error: OutputError | undefined
}

const rankOf = ({error}: Measured): number => (error === undefined ? -1 : severity(error))

function toRecord({group, error}: Measured, index: number): SensitivityRecord {
  return {
    graph: group.graph,
    name: group.name,
    nodes: [...group.nodes],
    rank: index + 1,
    output: error?.output ?? null,
    notFinite: error?.notFinite ?? 0,
    maxAbsoluteError: error?.maxAbsoluteError ?? null,
    rmsRelativeError: error?.rmsRelativeError ?? null,
    argMaxAgreement: error?.argMaxAgreement ?? null,
  }
}

function byGraph(groups: readonly NodeGroup[]): Map<string, NodeGroup[]> {
  const graphs = new Map<string, NodeGroup[]>()
  for (const group of groups) graphs.set(group.graph, [...(graphs.get(group.graph) ?? []), group])
  return graphs
}

async function* measureGraph(
  graph: string,
  groups: readonly NodeGroup[],
  {sources, feeds: allFeeds, quantizeOnly, folder, samples = SAMPLES, threads, signal}: SensitivityOptions,
): AsyncGenerator<Measured> {
  const source = sources.get(graph)
  const feeds = allFeeds.get(graph)
  if (source === undefined || feeds === undefined) {
    for (const group of groups) yield {group, error: undefined}
    return
  }
  await using comparer = await openComparer(source, {feeds, samples, threads, signal})
  // In a folder of its own, so that external data go with the model.
  const trial = join(folder, 'sensitivity')
  for (const group of groups) {
    signal?.throwIfAborted()
    try {
      await mkdir(trial, {recursive: true})
      const target = join(trial, `${graph}.onnx`)
      await quantizeOnly(graph, group.nodes, target)
      yield {group, error: worstError(await comparer.compare(target))}
    } finally {
      await rm(trial, {recursive: true, force: true})
    }
  }
}
