import type {WriteStream} from 'node:tty'
import type {QuantizeEvent} from '../pipeline/quantize/quantize-events.js'
import {formatPercent} from '../pipeline/text/format-percent.js'
import {openWorkBar} from './work-bar.js'

/** Shows how quantizing goes on: a bar on a terminal, and notes. Everything goes to stderr. */
export interface QuantizeProgress {
  show(event: QuantizeEvent): void
  close(): void
}

/** How far the stage that is under way is. */
interface Stage {
  readonly what: string
  readonly fraction: number
}

export function openQuantizeProgress({
  quiet,
  stderr,
}: {
  readonly quiet: boolean
  readonly stderr: WriteStream
}): QuantizeProgress {
  if (quiet) return {show: () => {}, close: () => {}}
  const bar = openWorkBar(stderr)
  return {
    show(event) {
      const text = lineOf(event)
      if (text !== undefined) bar.line(text)
      if (event.type === 'start') bar.start()
      const stage = stageOf(event)
      if (stage !== undefined) bar.update(stage.what, stage.fraction)
    },
    close: () => bar.close(),
  }
}

function lineOf(event: QuantizeEvent): string | undefined {
  switch (event.type) {
    case 'start':
      return event.files
        .map(({source, target, methods}) => `${source} → ${target}: ${methods.join(', then ') || 'as it is'}`)
        .join('\n')
    case 'note':
      return `Note: ${event.message}`
    case 'candidate': {
      const {kept, groups, wer, increase, holds} = event
      const rise = increase === null ? 'no rate' : `${increase >= 0 ? '+' : ''}${(100 * increase).toFixed(2)} points`
      return `${kept} of ${groups} groups in float: WER ${wer === null ? 'none' : formatPercent(wer)}, ${rise}${holds ? '' : ', too much'}`
    }
    default:
      return undefined
  }
}

function stageOf(event: QuantizeEvent): Stage | undefined {
  switch (event.type) {
    case 'record':
      return {what: 'transcribing recordings to calibrate with', fraction: event.done / event.total}
    case 'progress':
      return {what: `quantizing ${event.source}`, fraction: event.fraction}
    case 'measure':
      return {what: event.model === 'source' ? 'measuring the model as it was' : 'measuring the new model', fraction: 0}
    case 'evaluate':
      return {what: 'measuring word errors', fraction: event.done / Math.max(event.total, 1)}
    case 'sensitivity':
      return {what: `ranking layers: ${event.group}`, fraction: event.done / Math.max(event.total, 1)}
    case 'compare':
      return {what: `comparing outputs of ${event.graph}`, fraction: 0}
    default:
      return undefined
  }
}
