import {z} from 'zod'
import {LinguluError} from '../errors.js'
import {closestNames} from '../text/closest-names.js'

/** How a data set can lie on the disk; docs/datasets.md says what each is. */
export const LAYOUTS = [
  'librispeech',
  'kaldi',
  'audiofolder',
  'ljspeech',
  'common-voice',
  'nemo',
  'stm',
  'trn',
  'fsdd',
  'table',
] as const
export type LayoutName = (typeof LAYOUTS)[number]

/** What a row tells of an utterance. `end` stands with `offset` in place of `duration`; `seconds` is a length that cuts nothing. */
export const FIELDS = [
  'audio',
  'id',
  'text',
  'speaker',
  'language',
  'offset',
  'duration',
  'end',
  'seconds',
  'channel',
] as const
export type Field = (typeof FIELDS)[number]

/** The column of a table that has each field, where the user says so. */
export const ColumnMap = z.partialRecord(z.enum(FIELDS), z.string().min(1))
export type ColumnMap = Readonly<z.infer<typeof ColumnMap>>

export const DatasetOptions = z.strictObject({
  layout: z.enum(['auto', ...LAYOUTS]).default('auto'),
  columns: ColumnMap.default({}),
  audio: z
    .enum(['required', 'ignored'])
    .default('required')
    .describe('`ignored`: recordings are neither looked for nor missed, as in scoring stored texts.'),
})
export type DatasetOptions = Readonly<z.input<typeof DatasetOptions>>

/** `start` is what many call the offset. */
const FIELD_NAMES: Readonly<Record<string, Field>> = {
  ...Object.fromEntries(FIELDS.map(field => [field, field])),
  start: 'offset',
}

/**
 * `text=sentence,audio=path` as a map of columns.
 * @throws {LinguluError} USAGE
 */
export function parseColumns(text: string): ColumnMap {
  const columns = new Map<Field, string>()
  for (const pair of text.split(',')) {
    const [, name = '', column = ''] = /^\s*([^=]+?)\s*=\s*(.+?)\s*$/.exec(pair) ?? []
    if (column === '') throw invalid(`"${pair}" is not field=column`)
    const field = Object.hasOwn(FIELD_NAMES, name) ? FIELD_NAMES[name] : undefined
    if (field === undefined) {
      const [closest] = closestNames(Object.keys(FIELD_NAMES), name)
      throw invalid(`there is no field "${name}"`, closest && `Did you mean ${closest}?`)
    }
    if (columns.has(field)) throw invalid(`${field} is there twice`)
    columns.set(field, column)
  }
  return Object.fromEntries(columns)
}

const invalid = (problem: string, hint?: string): LinguluError =>
  new LinguluError('USAGE', `--columns: ${problem}`, {
    hint: `${hint ? `${hint} ` : ''}Fields are ${FIELDS.join(', ')}: --columns text=sentence,audio=path.`,
  })
