import {type OptimizedFile, type OptimizeModelOptions, optimizeModel} from '../pipeline/optimize-model.js'
import {formatBytes} from './format-bytes.js'
import {type FolderToolResult, runFolderTool} from './run-folder-tool.js'

export type OptimizeResult = FolderToolResult<OptimizedFile>

/** Optimises a model, and shows how that goes on. */
export const runOptimize = (
  options: OptimizeModelOptions,
  {quiet}: {readonly quiet: boolean},
): Promise<OptimizeResult> => runFolderTool(signal => optimizeModel(options, {signal}), {verb: 'optimising', quiet})

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
