import type {FolderRecord} from '../pipeline/tools/folder-record.js'
import {type FileEvent, openFileProgress} from './file-progress.js'
import {interruptSignal} from './interrupt.js'

/** What became of a model that was made from another, file by file. */
export interface FolderToolResult<File> {
  readonly folder: string
  readonly sourceBytes: number
  readonly targetBytes: number
  readonly files: readonly File[]
  readonly notes: readonly string[]
  readonly record: FolderRecord
}

type FolderToolEvent<File> =
  | Exclude<FileEvent, {readonly type: 'done'}>
  | ({readonly type: 'done'} & Omit<FolderToolResult<File>, 'notes'>)

/**
 * Has a model made from another, and shows how that goes on.
 *
 * @param verb what is done to a file, as in “pruning”
 */
export async function runFolderTool<File>(
  start: (signal: AbortSignal) => AsyncIterable<FolderToolEvent<File>>,
  {verb, quiet}: {readonly verb: string; readonly quiet: boolean},
): Promise<FolderToolResult<File>> {
  using interrupt = interruptSignal('Interrupted. Nothing was written.')
  const progress = openFileProgress(verb, {quiet, stderr: process.stderr})
  const notes: string[] = []
  try {
    for await (const event of start(interrupt.signal)) {
      progress.show(event)
      if (event.type === 'note') notes.push(event.message)
      if (event.type !== 'done') continue
      const {folder, sourceBytes, targetBytes, files, record} = event
      return {folder, sourceBytes, targetBytes, files, notes, record}
    }
  } finally {
    progress.close()
  }
  throw new Error(`${verb} ends with done`)
}
