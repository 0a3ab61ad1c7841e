import type {Provenance} from '../pipeline/export/provenance.js'
import {type ExportOptions, exportModel} from '../pipeline/export-model.js'
import {openExportProgress} from './export-progress.js'
import {formatBytes} from './format-bytes.js'
import {interruptSignal} from './interrupt.js'

export interface ExportResult {
  readonly folder: string
  readonly bytes: number
  readonly provenance: Provenance
}

/** Exports a model, and shows how that goes on. */
export async function runExport(options: ExportOptions, {quiet}: {readonly quiet: boolean}): Promise<ExportResult> {
  using interrupt = interruptSignal('Interrupted. Nothing was written.')
  const progress = openExportProgress({quiet, stderr: process.stderr})
  try {
    for await (const event of exportModel(options, {signal: interrupt.signal})) {
      progress.show(event)
      if (event.type === 'done') return {folder: event.folder, bytes: event.bytes, provenance: event.provenance}
    }
  } finally {
    progress.close()
  }
  throw new Error('an export ends with done')
}

/** One line a file, and the folder at the end. */
export function formatExport({folder, bytes, provenance}: ExportResult): string {
  const graphs = provenance.files.filter(({path}) => path.startsWith('onnx/'))
  const lines = graphs.map(file => `  ${file.path}  ${formatBytes(file.bytes)}`)
  return [`${folder}: ${provenance.architecture}, ${formatBytes(bytes)}`, ...lines].join('\n')
}
