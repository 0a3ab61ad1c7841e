import {pipeline, Readable} from 'node:stream'
import {CsvError, parse} from 'csv-parse'
import type {ManifestFormat} from './manifest-format.js'

/** A row of a manifest, before anything is known of its meaning. */
export interface Row {
  /** The line it stands on, counted from 1; the last of several that a quoted field spans. */
  readonly line: number
  readonly fields: Readonly<Record<string, unknown>>
  /** Of a table: all its columns, also those that are empty here; the same list for every row. */
  readonly columns?: readonly string[]
}

export interface RowProblem {
  readonly line: number
  readonly problem: string
}

/** Nothing that a person or a program writes on one line of a manifest is longer; a recording read by mistake is. */
export const LONGEST_ROW_CHARACTERS = 1 << 20

/** The rows of a manifest and the problems of its form, in their order. Blank lines are passed over. */
export async function* parseRows(
  text: AsyncIterable<string>,
  format: ManifestFormat,
): AsyncGenerator<Row | RowProblem> {
  if (format === 'jsonl') yield* parseJsonLines(text)
  else if (format === 'tsv') yield* parseTsv(text)
  else yield* parseCsv(text)
}

async function* parseJsonLines(text: AsyncIterable<string>): AsyncGenerator<Row | RowProblem> {
  for await (const {line, content} of splitLines(text)) {
    if (content.trim() === '') continue
    const fields = content.length > LONGEST_ROW_CHARACTERS ? undefined : parseObject(content)
    if (fields) yield {line, fields}
    else yield {line, problem: 'not a JSON object'}
  }
}

function parseObject(content: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(content)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? {...value} : undefined
  } catch {
    return undefined
  }
}

async function* parseTsv(text: AsyncIterable<string>): AsyncGenerator<Row | RowProblem> {
  const toRow = startTable()
  for await (const {line, content} of splitLines(text)) {
    if (content.trim() === '') continue
    if (content.length > LONGEST_ROW_CHARACTERS) yield {line, problem: TOO_LONG}
    else yield* toRow(line, content.split('\t').map(unquote))
  }
}

const TOO_LONG = 'longer than a row of a manifest can be'

/** TSV has no quotes, but spreadsheets write some around a field that holds one. */
function unquote(field: string): string {
  const inner = /^"(.*)"$/.exec(field)?.[1]
  if (inner === undefined || inner.replaceAll('""', '').includes('"')) return field
  return inner.replaceAll('""', '"')
}

async function* parseCsv(text: AsyncIterable<string>): AsyncGenerator<Row | RowProblem> {
  const toRow = startTable()
  const {delimiter, whole} = await findDelimiter(text)
  const parser = parse({
    delimiter,
    info: true,
    max_record_size: LONGEST_ROW_CHARACTERS,
    relax_column_count: true,
    skip_empty_lines: true,
  })
  // The parser's iterator throws what went wrong on either side.
  pipeline(Readable.from(whole), parser, () => undefined)
  try {
    for await (const {record, info} of parser) yield* toRow(Number(info.lines), record)
  } catch (error) {
    if (!(error instanceof CsvError)) throw error
    const line = Number(error.lines ?? 1)
    yield {line, problem: error.code === 'CSV_MAX_RECORD_SIZE' ? TOO_LONG : error.message}
  }
}

/** Spreadsheets write semicolons where the comma is the decimal mark. The first line tells. */
async function findDelimiter(
  text: AsyncIterable<string>,
): Promise<{delimiter: ',' | ';'; whole: AsyncIterable<string>}> {
  const iterator = text[Symbol.asyncIterator]()
  let start = ''
  while (!/[\r\n]/.test(start) && start.length < LONGEST_ROW_CHARACTERS) {
    const next = await iterator.next()
    if (next.done === true) break
    start += next.value
  }
  async function* whole() {
    yield start
    for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) yield next.value
  }
  const [header = ''] = start.split(/[\r\n]/, 1)
  return {delimiter: header.includes(';') && !header.includes(',') ? ';' : ',', whole: whole()}
}

/** Gives fields the names of the first row's. An empty field is taken for an absent one. */
function startTable(): (line: number, fields: readonly string[]) => (Row | RowProblem)[] {
  let columns: readonly string[] | undefined
  return (line, fields) => {
    if (columns === undefined) {
      columns = fields.map(name => name.trim().toLowerCase())
      const repeated = columns.filter((name, index) => name !== '' && columns?.indexOf(name) !== index)
      return repeated.length > 0
        ? [{line, problem: `several columns are called ${[...new Set(repeated)].join(', ')}`}]
        : []
    }
    if (fields.length !== columns.length)
      return [{line, problem: `${fields.length} fields, but the first line has ${columns.length}`}]
    return [{line, fields: nameFields(columns, fields), columns}]
  }
}

// A loop without arrays in between: manifests have a million rows.
function nameFields(columns: readonly string[], values: readonly string[]): Row['fields'] {
  const fields: Record<string, string> = {}
  for (const [index, column] of columns.entries()) {
    const value = values[index]?.trim()
    if (column === '' || !value) continue
    // An assignment would change the prototype.
    if (column === '__proto__') Object.defineProperty(fields, column, {value, enumerable: true})
    else fields[column] = value
  }
  return fields
}

/** Lines counted from 1, without their ends. One longer than {@link LONGEST_ROW_CHARACTERS} may come cut, but not to less. */
export async function* splitLines(
  text: AsyncIterable<string>,
): AsyncGenerator<{readonly line: number; readonly content: string}> {
  let rest = ''
  let line = 0
  for await (const piece of text) {
    const lines = (rest + piece).split('\n')
    rest = lines.pop() ?? ''
    for (const content of lines) yield {line: ++line, content: withoutReturn(content)}
    // A line without end is not gathered: its start already is too long.
    if (rest.length > 2 * LONGEST_ROW_CHARACTERS) rest = rest.slice(0, LONGEST_ROW_CHARACTERS + 1)
  }
  if (rest !== '') yield {line: ++line, content: withoutReturn(rest)}
}

const withoutReturn = (line: string): string => (line.endsWith('\r') ? line.slice(0, -1) : line)
