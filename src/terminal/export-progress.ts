import type {WriteStream} from 'node:tty'
import type {ExportEvent} from '../pipeline/export-model.js'
import {formatBytes} from './format-bytes.js'
import {openProgressBar, type ProgressBar} from './progress-bar.js'

/** Shows how an export goes on: a bar on a terminal, and notes. Everything goes to stderr. */
export interface ExportProgress {
  show(event: ExportEvent): void
  close(): void
}

export function openExportProgress({
  quiet,
  stderr,
}: {
  readonly quiet: boolean
  readonly stderr: WriteStream
}): ExportProgress {
  if (quiet) return {show: () => {}, close: () => {}}
  let bar: ProgressBar | undefined
  let closed = false
  let written = 0
  const line = (text: string) => (bar ? bar.above(() => stderr.write(`${text}\n`)) : stderr.write(`${text}\n`))

  async function startBar(total: number): Promise<void> {
    const opened = await openProgressBar(stderr, '{bar} {done} of {size} | {file}')
    if (closed) return
    bar = opened
    bar.start(total, {done: '0 B', size: formatBytes(total), file: ''})
  }

  return {
    show(event) {
      if (event.type === 'note') line(`Note: ${event.message}`)
      else if (event.type === 'plan') {
        line(`${event.architecture}: ${event.graphs.join(', ')}, ${formatBytes(event.totalBytes)}`)
        if (stderr.isTTY) void startBar(event.totalBytes)
      } else if (event.type === 'progress') {
        const {doneBytes, totalBytes, path} = event
        bar?.update(doneBytes, {done: formatBytes(doneBytes), size: formatBytes(totalBytes), file: path})
        written = doneBytes
      } else if (event.type === 'check') bar?.update(written, {file: 'checking'})
    },
    close() {
      closed = true
      bar?.stop()
    },
  }
}
