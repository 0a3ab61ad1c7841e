import {basename, extname, join} from 'node:path'
import {LinguluError} from '../../errors.js'
import {isManifestName} from '../../inputs/manifest-format.js'
import type {DatasetPlace, Layout, ReadContext, Reading} from './layout.js'
import {readTable} from './read-table.js'
import {firstLine} from './text-lines.js'
import {findUnlisted} from './unlisted.js'

/** CSV, TSV or JSON lines with a recording in each row; a folder with one such file. */
export const table: Layout = {
  name: 'table',
  signs: 'a table *.csv, *.tsv or *.jsonl with a column of recordings',
  async recognize(place) {
    const file = findTable(place)
    if (file === undefined) return undefined
    const sentence = `Read as a table of recordings, ${basename(file)}.`
    const read = (context: ReadContext) => readTable(file, context)
    return {sentence, hasColumns: true, read: place.isFolder ? andUnlisted(place.folder, read) : read}
  },
}

/** NeMo's manifest: JSON lines with `audio_filepath`, `duration`, `text` and, for a part of a recording, `offset`. */
export const nemo: Layout = {
  name: 'nemo',
  signs: 'JSON lines with audio_filepath (NeMo)',
  async recognize(place, signal) {
    const file = findTable(place)
    if (file === undefined || !/^\.(json|jsonl|ndjson)$/i.test(extname(file))) return undefined
    if (!/"audio_filepath"\s*:/.test((await firstLine(file, signal)) ?? '')) return undefined
    const sentence = `Read as a manifest of NeMo, ${basename(file)}, by its audio_filepath.`
    return {sentence, hasColumns: true, read: context => readTable(file, context)}
  },
}

function findTable({path, isFolder, folder, names}: DatasetPlace): string | undefined {
  if (!isFolder) return isTableName(path) ? path : undefined
  const tables = names.filter(isManifestName)
  const found = tables.find(name => /^manifest\./i.test(name)) ?? tables[0]
  if (found === undefined) return undefined
  if (tables.length > 1 && !/^manifest\./i.test(found))
    throw new LinguluError('MANIFEST_INVALID', `${path}: has several tables: ${tables.join(', ')}`, {
      hint: `Name the one to read: ${join(path, found)}.`,
    })
  return join(folder, found)
}

const isTableName = (path: string): boolean => isManifestName(path) || extname(path).toLowerCase() === '.json'

export const andUnlisted = (folder: string, read: (context: ReadContext) => AsyncGenerator<Reading>) =>
  async function* (context: ReadContext): AsyncGenerator<Reading> {
    const listed = new Set<string>()
    for await (const reading of read(context)) {
      if ('place' in reading && reading.audio !== undefined) listed.add(reading.audio)
      yield reading
    }
    yield* findUnlisted(folder, listed, context.signal)
  }
