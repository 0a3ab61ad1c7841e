import {type OptimizedFile, type OptimizeModelOptions, optimizeModel} from '../pipeline/optimize-model.js'
import type {FolderRecord} from '../pipeline/tools/folder-record.js'
import {openFileProgress} from './file-progress.js'
import {formatBytes} from './format-bytes.js'
import {interruptSignal} from './interrupt.js'

export interface OptimizeResult {
  readonly folder: string
  readonly sourceBytes: number
  readonly targetBytes: number
  readonly files: readonly OptimizedFile[]
  readonly notes: readonly string[]
  readonly record: FolderRecord
}

/** Optimises a model, and shows how that goes on. */
export async function runOptimize(
  options: OptimizeModelOptions,
  {quiet}: {readonly quiet: boolean},
): Promise<OptimizeResult> {
  using interrupt = interruptSignal('Interrupted. Nothing was written.')
  const progress = openFileProgress('optimising', {quiet, stderr: process.stderr})
  const notes: string[] = []
  try {
    for await (const event of optimizeModel(options, {signal: interrupt.signal})) {
      progress.show(event)
      if (event.type === 'note') notes.push(event.message)
      if (event.type !== 'done') continue
      const {folder, sourceBytes, targetBytes, files, record} = event
      return {folder, sourceBytes, targetBytes, files, notes, record}
    }
  } finally {
    progress.close()
  }
  throw new Error('optimising ends with done')
}

/** The folder, and one line a file. */
export function formatOptimization({folder, sourceBytes, targetBytes, files}: OptimizeResult): string {
  const lines = files.map(
    ({file, nodesBefore, nodes, sourceBytes: before, targetBytes: after, comparison}) =>
      `  ${file}  ${nodes} of ${nodesBefore} nodes, ${formatBytes(after)} of ${formatBytes(before)}; ${told(comparison)}`,
  )
  return [`${folder}: ${formatBytes(targetBytes)} of ${formatBytes(sourceBytes)}`, ...lines].join('\n')
}

function told(comparison: OptimizedFile['comparison']): string {
  if (comparison.state === 'skipped') return `outputs not compared: ${comparison.reason}`
  if (comparison.isSame) return 'outputs are the same'
  const {maxError, maxRelativeError} = comparison
  return `outputs differ by ${maxError.toPrecision(2)} at most (${maxRelativeError.toExponential(1)} of the largest)`
}
