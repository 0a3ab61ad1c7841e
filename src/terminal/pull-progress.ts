import type {WriteStream} from 'node:tty'
import type {PullEvent} from '../pipeline/models/pull-model.js'
import {formatBytes} from './format-bytes.js'
import {openProgressBar, type ProgressBar} from './progress-bar.js'

/** Shows how a download goes on: a bar on a terminal, else lines. Everything goes to stderr. */
export interface PullProgress {
  show(event: PullEvent): void
  close(): void
}

const LINE_EVERY_MS = 10_000
const FORMAT = '{bar} {received} of {size} | {rate}/s | {eta_formatted} left | {file}'

export function openPullProgress({
  quiet,
  stderr,
}: {
  readonly quiet: boolean
  readonly stderr: WriteStream
}): PullProgress {
  if (quiet) return {show: () => {}, close: () => {}}
  const sizes = new Map<string, number>()
  let total = 0
  let alreadyHere = 0 // of files that an earlier download began
  let bar: ProgressBar | undefined
  let lastLine = performance.now()
  const received = () => [...sizes.values()].reduce((sum, bytes) => sum + bytes, 0)
  const write = (text: string) => stderr.write(`${text}\n`)
  const line = (text: string) => (bar ? bar.above(() => write(text)) : write(text))

  async function startBar(): Promise<void> {
    const opened = await openProgressBar(stderr, FORMAT)
    if (total === 0) return // closed in the meantime
    bar = opened
    bar.start(total, {received: '0 B', size: formatBytes(total), rate: '–', file: ''})
  }

  const startedAt = performance.now()
  function update(file: string): void {
    const bytes = received()
    const rate = formatBytes(((bytes - alreadyHere) / (performance.now() - startedAt)) * 1000)
    if (bar) bar.update(bytes, {received: formatBytes(bytes), size: formatBytes(total), rate, file})
    else if (!stderr.isTTY && performance.now() - lastLine > LINE_EVERY_MS) {
      lastLine = performance.now()
      line(`${file}: ${formatBytes(bytes)} of ${formatBytes(total)}, ${rate}/s`)
    }
  }

  return {
    show(event) {
      if (event.type === 'note') line(event.message)
      else if (event.type === 'waiting') line('Another process is fetching this model: waiting for it.')
      else if (event.type === 'retry')
        line(
          `${event.what}: ${event.reason}. Trying again${event.delaySeconds >= 1 ? ` in ${Math.round(event.delaySeconds)} s` : ''}.`,
        )
      else if (event.type === 'plan' && event.missing.length > 0) {
        total = event.missingBytes
        line(`Fetching ${event.id}: ${event.missing.length} files, ${formatBytes(total)}, into ${event.folder}`)
        if (stderr.isTTY) void startBar()
      } else if (event.type === 'progress') {
        if (!sizes.has(event.path)) alreadyHere += event.receivedBytes
        sizes.set(event.path, event.receivedBytes)
        update(event.path)
      } else if (event.type === 'fetched' && !stderr.isTTY)
        line(`  ${event.path}  ${formatBytes(sizes.get(event.path) ?? 0)}`)
      else if (event.type === 'done') close()
    },
    close,
  }

  function close(): void {
    total = 0
    bar?.stop()
  }
}
