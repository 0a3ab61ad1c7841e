import type {WriteStream} from 'node:tty'
import {formatProblems} from '../pipeline/datasets/dataset-problems.js'
import type {DatasetPullEvent} from '../pipeline/datasets/pull-dataset.js'
import {formatBytes} from './format-bytes.js'
import {openProgressBar, type ProgressBar} from './progress-bar.js'

/** Shows how a data set is fetched and unpacked: a bar for each file on a terminal, else lines. Everything goes to stderr. */
export interface DatasetPullProgress {
  show(event: DatasetPullEvent): Promise<void>
  close(): void
}

const LINE_EVERY_MS = 10_000
const FORMAT = '{bar} {received} of {size} | {rate}/s | {eta_formatted} left | {file}'

export function openDatasetPullProgress({
  quiet,
  stderr,
}: {
  readonly quiet: boolean
  readonly stderr: WriteStream
}): DatasetPullProgress {
  if (quiet) return {show: async () => {}, close: () => {}}
  let bar: ProgressBar | undefined
  let file: {readonly path: string; readonly first: number; readonly startedAt: number} | undefined
  let lastLine = performance.now()
  const write = (text: string) => stderr.write(`${text}\n`)
  const line = (text: string) => (bar ? bar.above(() => write(text)) : write(text))
  const nowAndThen = (text: () => string) => {
    if (performance.now() - lastLine < LINE_EVERY_MS) return
    lastLine = performance.now()
    line(text())
  }

  function close(): void {
    bar?.stop()
    bar = undefined
    file = undefined
  }

  async function showReceived({path, receivedBytes, bytes}: DatasetPullEvent & {type: 'progress'}): Promise<void> {
    if (file?.path !== path) {
      close()
      file = {path, first: receivedBytes, startedAt: performance.now()}
      if (stderr.isTTY && bytes !== undefined) {
        bar = await openProgressBar(stderr, FORMAT)
        bar.start(bytes, {received: '0 B', size: formatBytes(bytes), rate: '–', file: path})
      }
    }
    const rate = formatBytes(((receivedBytes - file.first) / (performance.now() - file.startedAt + 1)) * 1000)
    const size = bytes === undefined ? '?' : formatBytes(bytes)
    if (bar) bar.update(receivedBytes, {received: formatBytes(receivedBytes), size, rate, file: path})
    else nowAndThen(() => `  ${path}: ${formatBytes(receivedBytes)} of ${size}, ${rate}/s`)
  }

  async function show(event: DatasetPullEvent): Promise<void> {
    if (event.type === 'progress') return await showReceived(event)
    if (event.type === 'extract')
      return nowAndThen(() => `  ${event.files.toLocaleString('en')} files, ${formatBytes(event.bytes)}`)
    if (event.type === 'fetched' || event.type === 'done') close()
    for (const text of linesOf(event)) line(text)
  }

  return {show, close}
}

/** What is worth a line whenever it happens. */
function linesOf(event: DatasetPullEvent): readonly string[] {
  switch (event.type) {
    case 'waiting':
      return ['Another process is fetching this data set: waiting for it.']
    case 'retry':
      return [
        `${event.what}: ${event.reason}. Trying again${event.delaySeconds >= 1 ? ` in ${Math.round(event.delaySeconds)} s` : ''}.`,
      ]
    case 'mirror':
      return [`${event.reason} Trying ${event.host}.`]
    case 'plan': {
      const {title, licence, attribution, homepage} = event.entry
      const size = event.bytes === null ? 'size not published' : formatBytes(event.bytes)
      return [`Fetching ${title} (${size}) into ${event.folder}`, `  Licence: ${licence}. ${attribution}. ${homepage}`]
    }
    case 'unpacking':
      return [`Unpacking ${event.path}`]
    case 'note':
      return [event.message]
    case 'manifest':
      return [
        `${event.path}: ${event.utterances.toLocaleString('en')} utterances`,
        ...formatProblems(event.problems).map(text => `  ${text}`),
      ]
    default:
      return []
  }
}
