import {LinguluError} from '../errors.js'
import {isManifestName, manifestFormatOf} from '../inputs/manifest-format.js'
import {readWholeText} from '../inputs/read-whole-text.js'
import {parseLines, parseTrn} from './parse-text-lines.js'
import {parseTextRows, type Side} from './parse-text-rows.js'
import type {TextEntry, TextFile, TextProblem} from './text-entry.js'

export interface ReadTextsOptions {
  readonly side: Side
  /** Whose name says what form the texts have, where `path` does not. */
  readonly like: string
  /** As people know it. */
  readonly name: string
  readonly signal?: AbortSignal | undefined
}

/**
 * The texts of a file: TRN, CSV, TSV or JSON lines by the end of its name, one text a line for any other.
 * @throws LinguluError MANIFEST_INVALID with every problem and its line
 */
export async function readTexts(path: string, {side, like, name, signal}: ReadTextsOptions): Promise<TextFile> {
  const text = await readWholeText(path, signal)
  const piped = path !== like
  // `lingulu transcribe --jsonl | lingulu score references.csv -`
  const format = piped && text.trimStart().startsWith('{') ? 'jsonl' : formatOf(like)
  const found = await parse(text, path, format, side)
  const entries = found.filter(isEntry)
  const problems = [...found.filter(isProblem), ...findRepeated(entries)]
  if (problems.length > 0) throw invalid(name, problems)
  return {name, keyed: format !== 'lines', entries}
}

type TextFormat = 'lines' | 'trn' | 'csv' | 'tsv' | 'jsonl'

function formatOf(path: string): TextFormat {
  if (/\.trn$/i.test(path)) return 'trn'
  return isManifestName(path) || /\.json$/i.test(path) ? manifestFormatOf(path) : 'lines'
}

async function parse(text: string, file: string, format: TextFormat, side: Side) {
  if (format === 'lines') return parseLines(text, file)
  return format === 'trn' ? parseTrn(text, file) : parseTextRows(text, {file, format, side})
}

const isEntry = (each: TextEntry | TextProblem): each is TextEntry => 'utterance' in each
const isProblem = (each: TextEntry | TextProblem): each is TextProblem => 'problem' in each

/** Recordings without an id are told apart when it is known what the other side calls them. */
function findRepeated(entries: readonly TextEntry[]): TextProblem[] {
  const lines = new Map<string, number>()
  return entries.flatMap(({utterance: {id, place}}) => {
    const first = lines.get(id)
    if (id !== '' && first !== undefined) return [{line: place.line, problem: `id "${id}" again, as in line ${first}`}]
    lines.set(id, place.line)
    return []
  })
}

const SHOWN_PROBLEMS = 20

/** MANIFEST_INVALID with the lines in their order. */
export function invalid(name: string, problems: readonly TextProblem[], hint = FORMS): LinguluError {
  const shown = [...problems].sort((a, b) => a.line - b.line).slice(0, SHOWN_PROBLEMS)
  const rest = problems.length - shown.length
  const lines = shown.map(({line, problem}) => `  line ${line}: ${problem}`)
  if (rest > 0) lines.push(`  and ${rest} more`)
  return new LinguluError('MANIFEST_INVALID', `${name}: texts that cannot be scored\n${lines.join('\n')}`, {hint})
}

const FORMS = 'docs/score.md shows the forms that texts can have.'
