import {LinguluError} from '../../errors.js'

/** What a line (from 1) says that cannot be read. */
export interface LineProblem {
  readonly line: number
  readonly problem: string
}

/** Something worth saying that is no error. */
export interface Parsed<T> {
  readonly data: T
  readonly notes: readonly string[]
}

/** So many problems are shown, the others counted. */
const SHOWN_PROBLEMS = 20

/** @throws {LinguluError} MANIFEST_INVALID with all problems, if there are any. */
export function refuseProblems(problems: readonly LineProblem[], path: string, format: string, hint: string): void {
  if (problems.length === 0) return
  const lines = problems.slice(0, SHOWN_PROBLEMS).map(({line, problem}) => `  line ${line}: ${problem}`)
  if (problems.length > SHOWN_PROBLEMS) lines.push(`  and ${problems.length - SHOWN_PROBLEMS} more`)
  throw new LinguluError('MANIFEST_INVALID', `${path}: not a usable ${format} file\n${lines.join('\n')}`, {hint})
}

/** The fields of each line that is neither blank nor a comment. */
export function fieldsOfLines(text: string, comment: RegExp): {readonly line: number; readonly fields: string[]}[] {
  return text.split(/\r\n|\r|\n/).flatMap((content, index) => {
    const trimmed = content.trim()
    return trimmed === '' || comment.test(trimmed) ? [] : [{line: index + 1, fields: trimmed.split(/\s+/)}]
  })
}
