import {readdir} from 'node:fs/promises'
import {join} from 'node:path'
import type {DatasetProblem} from '../utterance.js'
import {problemAt} from './layout.js'
import {splitKey, textLines} from './text-lines.js'

/** An entry of a list: `key value`. */
export interface Entry {
  readonly value: string
  readonly line: number
}

export interface List {
  readonly file: string
  readonly entries: ReadonlyMap<string, Entry>
  readonly problems: readonly DatasetProblem[]
}

/** A list of Kaldi with one entry for each key; a key that comes again is a problem. */
export async function readList(file: string, signal: AbortSignal | undefined): Promise<List> {
  const entries = new Map<string, Entry>()
  const problems: DatasetProblem[] = []
  for await (const row of textLines(file, signal)) {
    if ('kind' in row) {
      problems.push(row)
      continue
    }
    const {key, rest} = splitKey(row.content)
    const first = entries.get(key)
    if (first === undefined) entries.set(key, {value: rest, line: row.line})
    else problems.push(problemAt(file, row.line, 'duplicate-id', `"${key}" again, as in line ${first.line}`))
  }
  return {file, entries, problems}
}

/** Lists that say nothing for a breakdown. */
const PLAIN = new Set('utt2spk spk2utt utt2dur utt2lang spk2lang utt2num_frames utt2uniq utt2warp'.split(' '))

/** What lists such as `spk2gender`, `spk2age` and `utt2snr` tell: columns for breakdowns. */
export async function readColumns(folder: string, signal: AbortSignal | undefined) {
  const names = (await readdir(folder).catch(() => [])).sort()
  const columns: {name: string; of: 'speaker' | 'utterance'; list: List}[] = []
  for (const name of names) {
    const [, owner, column] = /^(spk|utt)2([\w-]+)$/.exec(name) ?? []
    if (column === undefined || PLAIN.has(name)) continue
    const of = owner === 'spk' ? 'speaker' : 'utterance'
    columns.push({name: column, of, list: await readList(join(folder, name), signal)})
  }
  return columns
}
