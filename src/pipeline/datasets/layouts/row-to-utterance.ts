import {join, resolve} from 'node:path'
import {z} from 'zod'
import type {Row} from '../../inputs/parse-rows.js'
import {ALIASES, name, path, seconds} from '../../inputs/read-manifest.js'
import {type ColumnMap, FIELDS, type Field} from '../dataset-options.js'
import type {Utterance} from '../utterance.js'
import {stemOf} from './audio-by-stem.js'
import {NO_COLUMNS} from './layout.js'

/** What a column may be called, beyond what `transcribe` knows. The first that a row has is taken. */
export const COLUMN_NAMES: Readonly<Record<Field, readonly string[]>> = {
  ...ALIASES,
  offset: [...ALIASES.offset, 'start_time', 'start_seconds', 'begin'],
  end: ['end', 'end_time', 'end_seconds'],
  seconds: ['seconds', 'duration_seconds'],
  speaker: ['speaker', 'speaker_id', 'client_id', 'spk', 'reader'],
}

const line = name.transform(value => value.trim())

const Fields = z
  .object({
    audio: path.refine(value => !/^file:/i.test(value), 'an address; give the path').optional(),
    id: line.optional(),
    text: z
      .preprocess(value => (typeof value === 'number' ? String(value) : value), z.string('not a text'))
      .transform(value => value.trim())
      .optional(),
    speaker: line.optional(),
    language: line.optional(),
    offset: seconds.refine(value => value >= 0, 'below 0').optional(),
    duration: seconds.refine(value => value > 0, 'not above 0').optional(),
    end: seconds.refine(value => value > 0, 'not above 0').optional(),
    seconds: seconds.refine(value => value >= 0, 'below 0').optional(),
    channel: z.enum(['mix', 'left', 'right', 'split'], 'not one of mix, left, right, split').optional(),
  })
  .refine(({offset = 0, end}) => end === undefined || end > offset, {path: ['end'], error: 'not after the start'})

type Fields = z.infer<typeof Fields>

export interface RowOptions {
  readonly file: string
  /** Recordings are named from here. */
  readonly audioFolder: string
  /** Names an audio file in another way than it stands in the row. */
  readonly nameAudio?: ((name: string) => string) | undefined
  readonly columns: ColumnMap
  /** Gives equal texts as one. */
  readonly share: (text: string) => string
  /** Further columns. */
  readonly extra?: ((audio: string | undefined) => Readonly<Record<string, string>>) | undefined
}

/** An utterance without an id of its own has none yet. */
export interface RowReading {
  readonly utterance: Utterance
  readonly hasId: boolean
  readonly hasText: boolean
}

/** A row as an utterance, or a sentence saying what is wrong with it. */
export function rowToUtterance(row: Row, options: RowOptions): RowReading | string {
  const used = findColumns(row.fields, options.columns)
  const values: Partial<Record<Field, unknown>> = {}
  for (const [field, column] of used) values[field] = row.fields[column]
  const parsed = Fields.safeParse(values)
  if (!parsed.success)
    return parsed.error.issues
      .map(({path: [field], message}) => {
        const column = used.get(field as Field) ?? String(field)
        return `${column} ${JSON.stringify(row.fields[column])?.slice(0, 80)}: ${message}`
      })
      .join('; ')
  const fields = parsed.data
  const named = fields.audio === undefined ? undefined : (options.nameAudio?.(fields.audio) ?? fields.audio)
  const extra = options.extra?.(named)
  const others = otherColumns(row.fields, new Set(used.values()), options.share)
  const utterance = {
    id: fields.id ?? derivedId(named, fields, row.line),
    audio: named === undefined ? undefined : resolve(options.audioFolder, named),
    clip: clipOf(fields),
    channel: fields.channel,
    text: fields.text ?? '',
    speaker: fields.speaker && options.share(fields.speaker),
    language: fields.language && options.share(fields.language),
    durationSeconds: fields.seconds ?? clipOf(fields)?.durationSeconds ?? fields.duration,
    columns: extra ? {...extra, ...others} : others,
    place: {file: options.file, line: row.line},
  }
  return {utterance, hasId: fields.id !== undefined, hasText: fields.text !== undefined}
}

/** The column of each field that the row has. An empty text is a text; anything else that is empty is not there. */
function findColumns(fields: Row['fields'], columns: ColumnMap): Map<Field, string> {
  const used = new Map<Field, string>()
  for (const field of FIELDS) {
    const mapped = columns[field]
    const names = mapped === undefined ? COLUMN_NAMES[field] : [mapped, mapped.toLowerCase()]
    const column = names.find(name => Object.hasOwn(fields, name) && isThere(fields[name], field))
    if (column !== undefined) used.set(field, column)
  }
  return used
}

function isThere(value: unknown, field: Field): boolean {
  if (value === undefined || value === null) return false
  return field === 'text' || typeof value !== 'string' || value.trim() !== ''
}

function otherColumns(
  fields: Row['fields'],
  used: ReadonlySet<string>,
  share: RowOptions['share'],
): Utterance['columns'] {
  let others: Record<string, string> | undefined
  for (const column of Object.keys(fields)) {
    const value = fields[column]
    if (used.has(column) || value === undefined || value === null || value === '') continue
    others ??= {}
    const text = share(typeof value === 'string' ? value : JSON.stringify(value))
    // An assignment would change the prototype.
    if (column === '__proto__') Object.defineProperty(others, column, {value: text, enumerable: true})
    else others[column] = text
  }
  return others ?? NO_COLUMNS
}

// NeMo gives every whole recording its duration: only with an offset, or an end, is something cut.
function clipOf({offset, end, duration}: Fields): Utterance['clip'] {
  if (offset === undefined && end === undefined) return undefined
  const offsetSeconds = offset ?? 0
  if (duration !== undefined) return {offsetSeconds, durationSeconds: duration}
  if (end === undefined) return {offsetSeconds}
  // In microseconds: 1.3 - 1.1 must not give 0.19999999999999996.
  return {offsetSeconds, durationSeconds: Math.round((end - offsetSeconds) * 1e6) / 1e6}
}

/** `talk`, or `talk.12500` for the part that begins at 12.5 s; the line where there is no recording. */
function derivedId(audio: string | undefined, {offset, end, channel}: Fields, lineNumber: number): string {
  if (audio === undefined) return String(lineNumber)
  // Most are plain: they need no tidying up.
  const path = /(?:^|\/)\.{0,2}\//.test(audio) ? join(audio).replace(/^(?:\.\.?\/)+/, '') : audio
  if (offset === undefined && end === undefined && channel === undefined) return stemOf(path)
  const parts = [stemOf(path)]
  if (offset !== undefined || end !== undefined) parts.push(String(Math.round((offset ?? 0) * 1000)))
  if (channel === 'left' || channel === 'right') parts.push(channel)
  return parts.join('.')
}
