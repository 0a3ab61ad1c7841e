import {open} from 'node:fs/promises'
import {join} from 'node:path'
import {z} from 'zod'
import {LinguluError} from '../errors.js'
import {explainIssues} from '../explain-issues.js'
import {describeDifferences} from './journal-identity.js'
import {
  type DoneLine,
  HeaderLine,
  JOURNAL_FORMAT,
  type JournalIdentity,
  JournalLine,
  type PlanLine,
} from './journal-record.js'
import {readLines} from './read-lines.js'
import {TranscribedRecord} from './results.js'

export const JOURNAL_NAME = '.lingulu-journal.jsonl'

/** What is left of a `done` line in memory; the results are read from the file again when they are wanted. */
export type DoneEntry = Omit<DoneLine, 'results'> & {readonly offset: number; readonly bytes: number}

/** What an earlier run has planned and done. */
export interface JournalState {
  readonly path: string
  readonly plans: ReadonlyMap<string, PlanLine>
  readonly done: ReadonlyMap<string, DoneEntry>
  /** Where the last whole line ends: what stands after it was torn by a crash. */
  readonly wholeBytes: number
}

/**
 * The journal of an output folder; undefined if there is none.
 * @throws {LinguluError} JOURNAL_INVALID if it is damaged elsewhere than at its end, or of a run with another model,
 * version or options: then the message says what differs.
 */
export async function readJournal(outputDir: string, identity: JournalIdentity): Promise<JournalState | undefined> {
  const path = join(outputDir, JOURNAL_NAME)
  const plans = new Map<string, PlanLine>()
  const done = new Map<string, DoneEntry>()
  let wholeBytes = 0
  let number = 0
  for await (const {line, offset} of readLines(path)) {
    if (++number === 1) checkHeader(path, line, identity)
    else addLine(parseLine(path, number, line), {offset, bytes: line.length})
    wholeBytes = offset + line.length + 1
  }
  return number === 0 ? undefined : {path, plans, done, wholeBytes}

  function addLine(line: JournalLine, place: {readonly offset: number; readonly bytes: number}): void {
    if (line.type === 'plan') plans.set(line.key, line)
    if (line.type !== 'done') done.delete(line.key)
    else {
      const {results: _, ...entry} = line
      done.set(line.key, {...entry, ...place})
    }
  }
}

const ANEW = 'start anew: without --resume and with --on-exists overwrite, or with another --output-dir.'

function checkHeader(path: string, line: Buffer, identity: JournalIdentity): void {
  const header = HeaderLine.safeParse(parseJson(line))
  if (!header.success) throw damaged(path, 1, header.error)
  const {journal, version, model, options} = header.data
  if (journal !== JOURNAL_FORMAT)
    throw new LinguluError(
      'JOURNAL_INVALID',
      `${path}: journal format ${journal}, this version reads ${JOURNAL_FORMAT}`,
      {
        hint: `Resume with lingulu ${version}, or ${ANEW}`,
      },
    )
  const differences = describeDifferences({version, model, options}, identity)
  if (differences.length > 0)
    throw new LinguluError(
      'JOURNAL_INVALID',
      `${path}: the run to resume was another one\n${differences.map(difference => `  ${difference}`).join('\n')}`,
      {hint: `Resume it with the same settings, or ${ANEW}`},
    )
}

function parseLine(path: string, number: number, line: Buffer): JournalLine {
  const parsed = JournalLine.safeParse(parseJson(line))
  if (!parsed.success) throw damaged(path, number, parsed.error)
  return parsed.data
}

function parseJson(line: Buffer): unknown {
  try {
    return JSON.parse(line.toString('utf8'))
  } catch {
    return undefined
  }
}

function damaged(path: string, number: number, cause: z.ZodError): LinguluError {
  const reason = explainIssues(cause).split('\n', 1)[0]?.slice(0, 200)
  return new LinguluError('JOURNAL_INVALID', `${path}: line ${number} is damaged (${reason})`, {
    cause,
    hint: `It cannot be resumed: ${ANEW}`,
  })
}

/** The results of a job that is done, marked as resumed. */
export async function readResults({path}: JournalState, {key, offset, bytes}: DoneEntry): Promise<TranscribedRecord[]> {
  const file = await open(path, 'r')
  try {
    const {buffer} = await file.read(Buffer.alloc(bytes), 0, bytes, offset)
    const line = JournalLine.parse(parseJson(buffer))
    const results = z.array(TranscribedRecord).parse(line.type === 'done' ? line.results : undefined)
    return results.map(result => ({...result, resumed: true}))
  } catch (cause) {
    throw new LinguluError('JOURNAL_INVALID', `${path}: the results of ${key} are damaged`, {
      cause,
      hint: `It cannot be resumed: ${ANEW}`,
    })
  } finally {
    await file.close()
  }
}
