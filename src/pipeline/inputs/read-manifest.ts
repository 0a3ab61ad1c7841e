import {z} from 'zod'
import {LinguluError} from '../errors.js'
import {manifestFormatOf} from './manifest-format.js'
import {parseRows, type Row, type RowProblem} from './parse-rows.js'
import {EncodingError, readText} from './read-text.js'

/** What a column may be called. The first that a row has is taken. */
export const ALIASES = {
  audio: ['audio', 'path', 'file', 'audio_filepath', 'audio_path', 'file_name', 'filename', 'wav'],
  id: ['id', 'utt_id', 'utterance_id'],
  text: ['text', 'sentence', 'transcript', 'transcription'],
  language: ['language', 'lang', 'source_lang', 'locale'],
  offset: ['offset', 'start'],
  duration: ['duration'],
  channel: ['channel'],
} as const

export const seconds = z.preprocess(
  value => (typeof value === 'string' && value.trim() !== '' ? Number(value) : value),
  z.number('not a number of seconds'),
)
export const name = z.preprocess(
  value => (typeof value === 'number' ? String(value) : value),
  z.string('not a text').min(1, 'empty'),
)
export const path = name
  .refine(value => !value.includes('\0'), 'not a path')
  .refine(value => !/^(?:https?|s3|gs):\/\//i.test(value), 'an address; only local files are read')

const ManifestFields = z.object({
  audio: path,
  id: name.refine(isOutputName, 'cannot name an output file').optional(),
  text: z.preprocess(value => (typeof value === 'number' ? String(value) : value), z.string('not a text')).optional(),
  language: name.optional(),
  offset: seconds.refine(value => value >= 0, 'below 0').optional(),
  duration: seconds.refine(value => value > 0, 'not above 0').optional(),
  channel: z.enum(['mix', 'left', 'right', 'split'], 'not one of mix, left, right, split').optional(),
})

/** One row of a manifest; times in seconds. `audio` stands as it is written there. */
export interface ManifestEntry extends Readonly<z.infer<typeof ManifestFields>> {
  readonly line: number
}

/** So many problems are shown, the others counted. */
const SHOWN_PROBLEMS = 20

/**
 * Reads a CSV, TSV or JSONL manifest. Columns it does not know are passed over.
 * @throws {LinguluError} MANIFEST_INVALID with every problem and its line; INPUT_MISSING, AUDIO_UNREADABLE for the file.
 */
export async function readManifest(path: string, signal?: AbortSignal): Promise<readonly ManifestEntry[]> {
  const entries: ManifestEntry[] = []
  const problems: RowProblem[] = []
  try {
    for await (const row of parseRows(readText(path, signal), manifestFormatOf(path))) {
      const entry = 'problem' in row ? row : readEntry(row)
      if ('problem' in entry) problems.push(entry)
      else entries.push(entry)
    }
  } catch (error) {
    if (!(error instanceof EncodingError)) throw unreadable(path, error, signal)
    problems.push({line: error.line, problem: 'not UTF-8 text from here on'})
  }
  problems.push(...findRepeated(entries))
  if (problems.length > 0) throw invalid(path, problems)
  if (entries.length === 0) throw invalid(path, [{line: 1, problem: 'no rows'}])
  return entries
}

function unreadable(path: string, cause: unknown, signal: AbortSignal | undefined): unknown {
  signal?.throwIfAborted()
  if (!(cause instanceof Error) || !('code' in cause)) return cause
  return new LinguluError('MANIFEST_INVALID', `${path}: cannot be read (${String(cause.code)})`, {cause})
}

function readEntry({line, fields}: Row): ManifestEntry | RowProblem {
  const named = Object.entries(ALIASES).map(([name, aliases]) => {
    const alias = aliases.find(alias => fields[alias] !== undefined && fields[alias] !== null)
    return [name, alias === undefined ? undefined : fields[alias]] as const
  })
  const parsed = ManifestFields.safeParse(Object.fromEntries(named.filter(([, value]) => value !== undefined)))
  if (parsed.success) return {line, ...parsed.data}
  const problems = parsed.error.issues.map(issue => describe(String(issue.path[0]), issue.message, fields))
  return {line, problem: problems.join('; ')}
}

function describe(field: string, message: string, fields: Row['fields']): string {
  const aliases: readonly string[] = ALIASES[field as keyof typeof ALIASES]
  const alias = aliases.find(alias => fields[alias] !== undefined)
  if (alias !== undefined) return `${alias} ${JSON.stringify(fields[alias])?.slice(0, 80)}: ${message}`
  const found = Object.keys(fields).slice(0, 8).join(', ')
  return `no ${field} (a column ${aliases.slice(0, 4).join(', ')}; here: ${found || 'nothing'})`
}

/** An id becomes a path below the output folder: it may have folders, but must stay inside. */
function isOutputName(id: string): boolean {
  const parts = id.split('/')
  return parts.every(part => part !== '' && part !== '.' && part !== '..') && !/[\p{Cc}\\]/u.test(id)
}

function findRepeated(entries: readonly ManifestEntry[]): RowProblem[] {
  const lines = new Map<string, number>()
  return entries.flatMap(({line, id, audio, offset, duration, channel}) => {
    const key = JSON.stringify(id === undefined ? [audio, offset, offset && duration, channel] : id)
    const first = lines.get(key)
    if (first === undefined) lines.set(key, line)
    else return [{line, problem: `${id === undefined ? `audio "${audio}"` : `id "${id}"`} again, as in line ${first}`}]
    return []
  })
}

function invalid(path: string, problems: readonly RowProblem[]): LinguluError {
  const shown = [...problems].sort((a, b) => a.line - b.line).slice(0, SHOWN_PROBLEMS)
  const rest = problems.length - shown.length
  const lines = shown.map(({line, problem}) => `  line ${line}: ${problem}`)
  if (rest > 0) lines.push(`  and ${rest} more`)
  return new LinguluError('MANIFEST_INVALID', `${path}: not a usable manifest\n${lines.join('\n')}`, {
    hint: 'A manifest is CSV or TSV with a first line of column names, or one JSON object per line; it needs a column "audio" (see docs/batch.md).',
  })
}
