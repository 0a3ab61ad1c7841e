import type {WriteStream} from 'node:tty'
import {openProgressBar, type ProgressBar} from './progress-bar.js'

/** What work on the files of a model tells of itself. */
export type FileEvent =
  | {readonly type: 'start'; readonly files: readonly string[]}
  | {readonly type: 'note'; readonly message: string}
  | {readonly type: 'record'; readonly done: number; readonly total: number}
  | {readonly type: 'progress'; readonly source: string; readonly fraction: number}
  | {readonly type: 'done'}

/** Shows how such work goes on: a bar on a terminal, and notes. Everything goes to stderr. */
export interface FileProgress {
  show(event: FileEvent): void
  close(): void
}

/** @param verb what is done to a file, as in “pruning” */
export function openFileProgress(
  verb: string,
  {quiet, stderr}: {readonly quiet: boolean; readonly stderr: WriteStream},
): FileProgress {
  if (quiet) return {show: () => {}, close: () => {}}
  let bar: ProgressBar | undefined
  let closed = false
  const line = (text: string) => (bar ? bar.above(() => stderr.write(`${text}\n`)) : stderr.write(`${text}\n`))

  async function startBar(): Promise<void> {
    const opened = await openProgressBar(stderr, '{bar} {what}')
    if (closed) return
    bar = opened
    bar.start(1, {what: ''})
  }

  return {
    show(event) {
      if (event.type === 'note') line(`Note: ${event.message}`)
      else if (event.type === 'start' && stderr.isTTY) void startBar()
      else if (event.type === 'progress') bar?.update(event.fraction, {what: `${verb} ${event.source}`})
      else if (event.type === 'record')
        bar?.update(event.done / Math.max(event.total, 1), {what: 'transcribing recordings'})
    },
    close() {
      closed = true
      bar?.stop()
    },
  }
}
