import type {FileReport} from '../pipeline/prune/format-sparsity.js'
import {totalOf} from '../pipeline/prune/sparsity-report.js'
import {type PruneModelOptions, pruneModel} from '../pipeline/prune-model.js'
import {formatPercent} from '../pipeline/text/format-percent.js'
import {formatBytes} from './format-bytes.js'
import {type FolderToolResult, runFolderTool} from './run-folder-tool.js'

export type PruneResult = FolderToolResult<FileReport>

/** Prunes a model, and shows how that goes on. */
export const runPrune = (options: PruneModelOptions, {quiet}: {readonly quiet: boolean}): Promise<PruneResult> =>
  runFolderTool(signal => pruneModel(options, {signal}), {verb: 'pruning', quiet})

/** The folder, and for each file what is zero and what is gone. */
export function formatPruning({folder, sourceBytes, targetBytes, files}: PruneResult): string {
  return [
    `${folder}: ${formatBytes(targetBytes)} of ${formatBytes(sourceBytes)}`,
    ...files.flatMap(fileLines),
    '  The whole report is in sparsity.md.',
  ].join('\n')
}

function fileLines({file, parametersBefore, parameters, pattern, layers, removed, skipped}: FileReport): string[] {
  const {weights, zeros, groups, violations, operationsBefore, operations} = totalOf(layers)
  const part = (one: number, all: number) => (all === 0 ? '–' : formatPercent(one / all))
  const lines = [
    `  ${file}  ${parameters} of ${parametersBefore} parameters, ${part(operations, operationsBefore)} of the operations; ${part(zeros, weights)} zeros, ${violations} of ${groups} groups against ${pattern}`,
  ]
  for (const kind of ['heads', 'ffn'] as const) {
    const layersOfKind = removed.filter(layer => layer.kind === kind)
    if (layersOfKind.length === 0) continue
    const sum = (key: 'before' | 'after') => layersOfKind.reduce((total, layer) => total + layer[key], 0)
    lines.push(
      `    ${kind === 'ffn' ? 'neurons' : 'heads'}: ${sum('after')} of ${sum('before')} in ${layersOfKind.length} layers`,
    )
  }
  return [...lines, ...skipped.map(({name, reason}) => `    left: ${name} (${reason})`)]
}
