import {join} from 'node:path'
import type {Utterance} from '../../datasets/utterance.js'
import type {CopyRecord} from './augment-journal.js'

/** In the order of the data set, the copies of one utterance together. */
export function inOrder(utterances: readonly Utterance[], records: readonly CopyRecord[]): CopyRecord[] {
  const places = new Map(utterances.map(({id}, index) => [id, index]))
  return [...records].sort((a, b) => (places.get(a.id) ?? 0) - (places.get(b.id) ?? 0) || a.copy - b.copy)
}

/** The copies as utterances of a data set: what the source tells of each, and what was done. */
export function toUtterances(
  folder: string,
  utterances: readonly Utterance[],
  records: readonly CopyRecord[],
): Utterance[] {
  const sources = new Map(utterances.map(utterance => [utterance.id, utterance]))
  return records.flatMap(({id, copy, path, seconds, applied}) => {
    const source = sources.get(id)
    if (source === undefined) return []
    const columns = {...source.columns}
    columns[freeName('augmented_from', columns)] = id
    columns[freeName('augmentation', columns)] = JSON.stringify(applied)
    return [
      {
        ...source,
        id: `${id}-aug${copy}`,
        audio: join(folder, path),
        clip: undefined,
        channel: undefined,
        durationSeconds: seconds,
        columns,
      },
    ]
  })
}

/** A data set of copies may be copied again: then its column stays, and ours gets a number. */
function freeName(name: string, columns: Readonly<Record<string, string>>): string {
  let free = name
  for (let number = 2; Object.hasOwn(columns, free); number++) free = `${name}_${number}`
  return free
}
