import type {QuantizationReport} from '../pipeline/quantize/quantization-report.js'
import type {ChangedFile} from '../pipeline/quantize/quantize-events.js'
import {type QuantizeModelOptions, quantizeModel} from '../pipeline/quantize-model.js'
import {formatPercent} from '../pipeline/text/format-percent.js'
import type {FolderRecord} from '../pipeline/tools/folder-record.js'
import {formatBytes} from './format-bytes.js'
import {interruptSignal} from './interrupt.js'
import {openQuantizeProgress} from './quantize-progress.js'

export interface QuantizeResult {
  readonly folder: string
  readonly sourceBytes: number
  readonly targetBytes: number
  readonly files: readonly ChangedFile[]
  readonly notes: readonly string[]
  readonly record: FolderRecord
  /** Null where nothing was measured. */
  readonly report: QuantizationReport | null
}

/** Quantizes a model, and shows how that goes on. */
export async function runQuantize(
  options: QuantizeModelOptions,
  {quiet}: {readonly quiet: boolean},
): Promise<QuantizeResult> {
  using interrupt = interruptSignal('Interrupted. Nothing was written.')
  const progress = openQuantizeProgress({quiet, stderr: process.stderr})
  const notes: string[] = []
  try {
    for await (const event of quantizeModel(options, {signal: interrupt.signal})) {
      progress.show(event)
      if (event.type === 'note') notes.push(event.message)
      if (event.type !== 'done') continue
      const {folder, sourceBytes, targetBytes, files, record, report = null} = event
      return {folder, sourceBytes, targetBytes, files, notes, record, report}
    }
  } finally {
    progress.close()
  }
  throw new Error('quantizing ends with done')
}

/** The folder, one line a file, and what was measured. */
export function formatQuantization({folder, sourceBytes, targetBytes, files, report}: QuantizeResult): string {
  const lines = files.map(file => {
    const change = file.nodes === 0 ? 'as it was' : `${file.nodes} nodes`
    return `  ${file.target}  ${formatBytes(file.targetBytes)} of ${formatBytes(file.sourceBytes)}, ${change}`
  })
  const total = `${folder}: ${formatBytes(targetBytes)} of ${formatBytes(sourceBytes)}`
  return [total, ...lines, ...(report === null ? [] : measured(report))].join('\n')
}

function measured({source, candidate, search, warnings}: QuantizationReport): string[] {
  const lines: string[] = []
  const rates = [source.accuracy?.wer, candidate.accuracy?.wer] as const
  if (rates[0] != null && rates[1] != null) lines.push(`  WER ${formatPercent(rates[0])} → ${formatPercent(rates[1])}`)
  const speeds = [source.speed?.rtfx, candidate.speed?.rtfx] as const
  if (speeds[0] !== undefined && speeds[1] !== undefined)
    lines.push(`  RTFx ${speeds[0].toPrecision(3)} → ${speeds[1].toPrecision(3)}`)
  if (search !== null)
    lines.push(`  ${search.kept.length} of ${search.groups} groups stay in float${search.kept.length === 0 ? '' : ':'}`)
  for (const {graph, name} of search?.kept ?? []) lines.push(`    ${graph}: ${name}`)
  for (const warning of warnings) lines.push(`  Warning: ${warning}`)
  return [...lines, '  The whole report is in quantization.md.']
}
