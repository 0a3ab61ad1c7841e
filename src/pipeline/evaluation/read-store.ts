import {stat} from 'node:fs/promises'
import {z} from 'zod'
import {LinguluError} from '../errors.js'
import {explainIssues} from '../explain-issues.js'
import {describeDifferences} from '../transcripts/journal-identity.js'
import type {JournalIdentity} from '../transcripts/journal-record.js'
import {readLines} from '../transcripts/read-lines.js'
import {
  HYPOTHESES_FORMAT,
  type HypothesisIdentity,
  type HypothesisLine,
  type PartLine,
  StoreHeader,
  StoreLine,
} from './hypothesis-record.js'

/** What a store holds. */
export interface StoreState {
  readonly path: string
  readonly header: StoreHeader
  readonly found: ReadonlyMap<string, HypothesisLine>
  readonly parts: readonly PartLine[]
  readonly wallSeconds: number
  /** It was finished: no utterance is missing. */
  readonly whole: boolean
  /** Where the last whole line ends: what stands after it was torn by a crash. */
  readonly wholeBytes: number
}

/**
 * What a store holds; undefined if there is none, or none of its lines is whole. With `identity`, it must be of a run that
 * gives the same hypotheses.
 *
 * @throws LinguluError JOURNAL_INVALID, with what differs
 */
export async function readStore(path: string, identity?: HypothesisIdentity): Promise<StoreState | undefined> {
  let header: StoreHeader | undefined
  const found = new Map<string, HypothesisLine>()
  const parts: PartLine[] = []
  let wallSeconds = 0
  let whole = false
  let wholeBytes = 0
  let number = 0
  for await (const {line, offset} of readLines(path)) {
    number++
    wholeBytes = offset + line.length + 1
    if (header === undefined) {
      header = checkHeader(path, line, identity)
      continue
    }
    const entry = parse(StoreLine, line, path, number)
    if (entry.type === 'part') parts.push(entry)
    else if (entry.type === 'hypothesis') {
      found.set(entry.id, entry)
      wallSeconds = Math.max(wallSeconds, entry.elapsedSeconds)
    }
    whole = entry.type === 'end'
  }
  return header && {path, header, found, parts, wallSeconds, whole, wholeBytes}
}

/** Whether a line is the header of a store, of whatever version. */
export const isStoreHeader = (value: unknown): boolean =>
  z.looseObject({type: z.literal('header'), hypotheses: z.int()}).safeParse(value).success

export const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  )

const ANEW = 'begin anew with --force, or choose another file with --hyps.'

function checkHeader(path: string, line: Buffer, identity: HypothesisIdentity | undefined): StoreHeader {
  const header = parse(StoreHeader, line, path, 1)
  if (header.hypotheses !== HYPOTHESES_FORMAT)
    throw new LinguluError(
      'JOURNAL_INVALID',
      `${path}: hypotheses of format ${header.hypotheses}, this version reads ${HYPOTHESES_FORMAT}`,
      {hint: `Use lingulu ${header.version}, or ${ANEW}`},
    )
  const differences = identity === undefined ? [] : describeDifferences(comparable(header), comparable(identity))
  if (differences.length === 0) return header
  throw new LinguluError(
    'JOURNAL_INVALID',
    `${path}: the run to resume was another one\n${differences.map(difference => `  ${difference}`).join('\n')}`,
    {hint: `Resume it with the same settings, or ${ANEW}`},
  )
}

/** The data set is one more option: it, too, must be the same. Its name may change. */
const comparable = ({version, model, options, dataset}: HypothesisIdentity): JournalIdentity => ({
  version,
  model,
  options: {
    ...options,
    'data set': dataset.hash,
    'recordings of the data set': dataset.recordings,
    subset: dataset.subset,
  },
})

function parse<Schema extends z.ZodType>(schema: Schema, line: Buffer, path: string, number: number): z.output<Schema> {
  const parsed = schema.safeParse(parseJson(line))
  if (parsed.success) return parsed.data
  const reason = explainIssues(parsed.error).split('\n', 1)[0]?.slice(0, 200)
  throw new LinguluError('JOURNAL_INVALID', `${path}: line ${number} is damaged (${reason})`, {
    cause: parsed.error,
    hint: `It cannot be resumed: ${ANEW}`,
  })
}

function parseJson(line: Buffer): unknown {
  try {
    return JSON.parse(line.toString('utf8'))
  } catch {
    return undefined
  }
}
