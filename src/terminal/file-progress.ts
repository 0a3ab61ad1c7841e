import type {WriteStream} from 'node:tty'
import {openWorkBar} from './work-bar.js'

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
  const bar = openWorkBar(stderr)
  return {
    show(event) {
      if (event.type === 'note') bar.line(`Note: ${event.message}`)
      else if (event.type === 'start') bar.start()
      else if (event.type === 'progress') bar.update(`${verb} ${event.source}`, event.fraction)
      else if (event.type === 'record') bar.update('transcribing recordings', event.done / Math.max(event.total, 1))
    },
    close: () => bar.close(),
  }
}
