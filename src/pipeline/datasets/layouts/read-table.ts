import {dirname} from 'node:path'
import {LinguluError} from '../../errors.js'
import {type ManifestFormat, manifestFormatOf} from '../../inputs/manifest-format.js'
import {parseRows} from '../../inputs/parse-rows.js'
import {readText} from '../../inputs/read-text.js'
import {closestNames} from '../../text/closest-names.js'
import type {Utterance} from '../utterance.js'
import {problemAt, type ReadContext, type Reading} from './layout.js'
import {COLUMN_NAMES, type RowOptions, rowToUtterance} from './row-to-utterance.js'
import {readingProblem} from './text-lines.js'

export type TableOptions = Partial<Omit<RowOptions, 'file' | 'columns' | 'share'>>

/**
 * A table of utterances: CSV, TSV or JSON lines, whatever its columns are called. Recordings are named from its folder.
 * @throws {LinguluError} USAGE if `columns` names a column that no row has
 */
export async function* readTable(
  file: string,
  {columns, signal}: ReadContext,
  table: TableOptions = {},
): AsyncGenerator<Reading> {
  const format = manifestFormatOf(file)
  const options = {...table, audioFolder: table.audioFolder ?? dirname(file), file, columns, share: shareTexts()}
  const seen = new Set<string>()
  const derived = new Set<string>()
  const without = {audio: [] as number[], text: [] as number[]}
  let rows = 0
  try {
    for await (const row of parseRows(readText(file, signal), format)) {
      const reading = 'problem' in row ? row.problem : rowToUtterance(row, options)
      if ('fields' in row && (row.columns === undefined || rows === 0))
        for (const column of row.columns ?? Object.keys(row.fields)) seen.add(column)
      if (typeof reading === 'string') {
        yield problemAt(file, row.line, 'unreadable-row', reading)
        continue
      }
      rows++
      const {utterance, hasId, hasText} = reading
      if (utterance.audio === undefined) without.audio.push(row.line)
      if (!hasText) without.text.push(row.line)
      yield hasId ? utterance : withOwnId(utterance, derived)
    }
  } catch (error) {
    yield readingProblem(file, error, signal)
  }
  if (rows > 0) checkColumns(file, columns, seen)
  yield* missingFields(file, rows, without, {format, columns, seen})
}

/** No more texts than this are remembered. */
const SHARED_TEXTS = 10_000

/** Gives equal texts as one object: most columns have few values, but a parser makes a new text of each. */
function shareTexts(): (text: string) => string {
  const known = new Map<string, string>()
  return text => {
    const same = known.get(text)
    if (same === undefined && known.size < SHARED_TEXTS) known.set(text, text)
    return same ?? text
  }
}

/** Two recordings may differ in their extension alone, and a recording may be named twice. */
function withOwnId(utterance: Utterance, derived: Set<string>): Utterance {
  const {id, place} = utterance
  const own = derived.has(id) ? `${id}#${place.line}` : id
  derived.add(own)
  return own === id ? utterance : {...utterance, id: own}
}

function checkColumns(file: string, columns: ReadContext['columns'], seen: ReadonlySet<string>): void {
  for (const [field, column] of Object.entries(columns)) {
    if (seen.has(column) || seen.has(column.toLowerCase())) continue
    const [closest] = closestNames([...seen], column)
    throw new LinguluError('USAGE', `--columns ${field}=${column}: ${file} has no column "${column}"`, {
      hint: closest ? `Did you mean ${closest}?` : `It has ${[...seen].slice(0, 12).join(', ')}.`,
    })
  }
}

type Without = Readonly<Record<'audio' | 'text', readonly number[]>>

/** A field that no row has is one problem of the file. */
function* missingFields(
  file: string,
  rows: number,
  without: Without,
  {format, columns, seen}: {format: ManifestFormat; columns: ReadContext['columns']; seen: ReadonlySet<string>},
): Generator<Reading> {
  const described = (field: 'audio' | 'text', what: string) =>
    `no column of ${what} (${COLUMN_NAMES[field].slice(0, 4).join(', ')} …; here: ${[...seen].slice(0, 8).join(', ')})`
  // A column that is there and empty throughout is one all the same.
  const isColumn = (field: 'audio' | 'text') =>
    columns[field] !== undefined || COLUMN_NAMES[field].some(name => seen.has(name))
  if (rows === 0) return
  if (without.audio.length === rows && !isColumn('audio'))
    yield problemAt(file, undefined, 'missing-audio', described('audio', 'recordings'))
  else for (const line of without.audio) yield problemAt(file, line, 'missing-audio', 'names no recording')
  if (without.text.length === rows && !isColumn('text'))
    yield problemAt(file, undefined, 'missing-reference', described('text', 'references'))
  // An empty field of a table is an empty reference.
  else if (format === 'jsonl')
    for (const line of without.text) yield problemAt(file, line, 'missing-reference', 'has no reference')
}
