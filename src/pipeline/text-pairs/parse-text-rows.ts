import {dirname} from 'node:path'
import {z} from 'zod'
import {COLUMN_NAMES, type RowOptions, rowToUtterance} from '../datasets/layouts/row-to-utterance.js'
import {explainIssues} from '../explain-issues.js'
import type {ManifestFormat} from '../inputs/manifest-format.js'
import {parseRows, type Row} from '../inputs/parse-rows.js'
import {ErrorRecordSchema} from '../transcripts/results.js'
import {HYPOTHESIS_COLUMNS} from './text-columns.js'
import {plainEntry, type TextEntry, type TextProblem} from './text-entry.js'

export type Side = 'reference' | 'hypothesis'

/** Columns that are the text of one side only. They come first: what a model wrote often stands beside the reference. */
const OWN_COLUMNS: Readonly<Record<Side, readonly string[]>> = {
  reference: ['reference', 'ref'],
  hypothesis: HYPOTHESIS_COLUMNS,
}

/** Rows with an id, or the name of a recording, and a text: CSV, TSV, JSON lines, those of `transcribe --jsonl` too. */
export async function parseTextRows(
  text: string,
  {file, format, side}: {readonly file: string; readonly format: ManifestFormat; readonly side: Side},
): Promise<(TextEntry | TextProblem)[]> {
  const names = [...OWN_COLUMNS[side], ...COLUMN_NAMES.text]
  const rows: Row[] = []
  const found: (TextEntry | TextProblem)[] = []
  for await (const row of parseRows(pieces(text), format)) {
    if ('problem' in row) found.push(row)
    else rows.push(row)
  }
  const column = names.find(name => rows.some(({fields}) => Object.hasOwn(fields, name)))
  const [first] = rows
  if (column === undefined && first !== undefined && !rows.some(isTyped))
    return [...found, {line: first.line, problem: `${noText(names)}; here: ${Object.keys(first.fields).join(', ')}`}]
  const options = {file, audioFolder: dirname(file), columns: {text: column ?? 'text'}, share: (value: string) => value}
  for (const row of rows) {
    const entry = isTyped(row) ? resultEntry(row, file) : rowEntry(row, options, format)
    if (entry !== undefined) found.push(entry)
  }
  return found
}

const noText = (names: readonly string[]): string => `no text (a column ${names.slice(0, 6).join(', ')} …)`

async function* pieces(text: string): AsyncGenerator<string> {
  yield text
}

function rowEntry(row: Row, options: RowOptions, format: ManifestFormat): TextEntry | TextProblem {
  const reading = rowToUtterance(row, options)
  if (typeof reading === 'string') return {line: row.line, problem: reading}
  const {utterance, hasId, hasText} = reading
  if (!hasId && utterance.audio === undefined) return {line: row.line, problem: 'neither an id nor a recording'}
  // In tables an empty field is an empty text; an object without the field is a mistake.
  if (!hasText && format === 'jsonl') return {line: row.line, problem: `no ${options.columns.text}`}
  return {utterance, failure: undefined}
}

/** A line of `transcribe --jsonl`. */
const ResultLine = z.looseObject({
  audio: z.string(),
  id: z.string().optional(),
  channel: z.string().optional(),
  status: z.enum(['ok', 'failed', 'skipped']),
  text: z.string().optional(),
  durationSeconds: z.number().min(0).optional(),
  error: ErrorRecordSchema.optional(),
})

const isTyped = ({fields}: Row): boolean => fields.type === 'result' || fields.type === 'summary'

/** Undefined for what is no recording that was tried. */
function resultEntry({fields, line}: Row, file: string): TextEntry | TextProblem | undefined {
  if (fields.type === 'summary') return undefined
  const parsed = ResultLine.safeParse(fields)
  if (!parsed.success) return {line, problem: explainIssues(parsed.error).replaceAll('\n', ' ')}
  const {audio, id, channel, status, text = '', durationSeconds, error} = parsed.data
  if (channel !== undefined) return {line, problem: `of the channel ${channel}: an utterance has one text`}
  if (status === 'skipped') return undefined
  const {utterance} = plainEntry(id ?? '', text.trim(), file, line)
  return {
    utterance: {...utterance, audio: id === undefined ? audio : undefined, durationSeconds},
    failure: status === 'failed' ? (error ?? {code: 'BUG', message: 'failed'}) : undefined,
  }
}
