import {z} from 'zod'
import {LinguluError} from '../errors.js'
import {EncodingError, readText} from '../inputs/read-text.js'
import {EvaluationReport} from './evaluation-report.js'

const HINT = 'Take the JSON that `lingulu evaluate` prints with --json, or writes beside its --report.'

/** Enough to say what a file is that is no report of this version. */
const Envelope = z.looseObject({type: z.literal('evaluation'), schema: z.number()})

/**
 * Reads and checks the report of an evaluation.
 *
 * @throws LinguluError CONFIG_INVALID: no such file, no JSON, not a report, or one of another version of lingulu
 */
export async function readReport(path: string, signal?: AbortSignal): Promise<EvaluationReport> {
  const content = parseJson(path, await readWhole(path, signal))
  const envelope = Envelope.safeParse(content)
  if (!envelope.success) throw invalid(path, 'is not the report of an evaluation')
  if (envelope.data.schema !== EvaluationReport.shape.schema.value)
    throw invalid(path, `is a report of schema ${envelope.data.schema}, made by another version of lingulu`, {
      hint: 'Make it again with this version.',
    })
  const parsed = EvaluationReport.safeParse(content)
  if (!parsed.success) throw invalid(path, `is a damaged report\n${firstIssues(parsed.error)}`)
  return parsed.data
}

/** UTF-8 or UTF-16 with its mark: PowerShell writes what `--json` prints with one. */
async function readWhole(path: string, signal: AbortSignal | undefined): Promise<string> {
  const pieces: string[] = []
  try {
    for await (const piece of readText(path, signal)) pieces.push(piece)
    return pieces.join('')
  } catch (cause) {
    signal?.throwIfAborted()
    if (cause instanceof EncodingError) throw invalid(path, 'is not UTF-8 text', {cause})
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown error'
    throw invalid(path, code === 'ENOENT' ? 'does not exist' : `cannot be read (${code})`, {cause})
  }
}

function parseJson(path: string, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw invalid(path, text.trim() === '' ? 'is empty' : 'is not JSON', {cause})
  }
}

const SHOWN_ISSUES = 3

function firstIssues({issues}: z.ZodError): string {
  const lines = issues
    .slice(0, SHOWN_ISSUES)
    .map(({path, message}) => `  ${path.length === 0 ? '' : `${path.join('.')}: `}${message}`)
  const more = issues.length - lines.length
  return [...lines, ...(more > 0 ? [`  and ${more} more`] : [])].join('\n')
}

const invalid = (path: string, what: string, {cause, hint = HINT}: {cause?: unknown; hint?: string} = {}) =>
  new LinguluError('CONFIG_INVALID', `${path} ${what}`, {cause, hint})
