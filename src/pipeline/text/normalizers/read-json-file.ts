import {readFile} from 'node:fs/promises'
import type {z} from 'zod'
import {LinguluError} from '../../errors.js'
import {explainIssues} from '../../explain-issues.js'

/**
 * A JSON file that has the form of `schema`. `what` names in errors what it should hold.
 * @throws LinguluError CONFIG_INVALID
 */
export async function readJsonFile<Schema extends z.ZodType>(
  path: string,
  schema: Schema,
  what: string,
): Promise<z.output<Schema>> {
  const parsed = schema.safeParse(parseJson(await readText(path, what), path, what))
  if (parsed.success) return parsed.data
  throw new LinguluError('CONFIG_INVALID', `${path}: not ${what}\n${explainIssues(parsed.error)}`, {hint: HINT})
}

const HINT = 'docs/normalizers.md shows the form.'

async function readText(path: string, what: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause)
    throw new LinguluError('CONFIG_INVALID', `${path}: ${what} cannot be read (${reason})`, {cause})
  }
}

function parseJson(text: string, path: string, what: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ''))
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new LinguluError('CONFIG_INVALID', `${path}: not ${what}: ${reason}`, {cause, hint: HINT})
  }
}
