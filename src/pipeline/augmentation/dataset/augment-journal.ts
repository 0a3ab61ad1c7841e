import {readdir, rm} from 'node:fs/promises'
import {join} from 'node:path'
import {z} from 'zod'
import {LinguluError} from '../../errors.js'
import {explainIssues} from '../../explain-issues.js'
import {openForAppending} from '../../transcripts/append-file.js'
import {writeAtomically} from '../../transcripts/atomic-write.js'
import {readLines} from '../../transcripts/read-lines.js'

/** In the folder of copies: what it is made of, and each copy that is there. */
export const AUGMENT_JOURNAL = '.lingulu-augment.jsonl'
export const AUGMENT_MANIFEST = 'manifest.jsonl'

/** What must be the same for two runs to give the same copies. */
const Identity = z.strictObject({
  version: z.string(),
  /** The hash of the data set. */
  dataset: z.string(),
  config: z.json(),
  copies: z.int(),
  seed: z.int(),
  format: z.enum(['wav', 'flac']),
})
export type AugmentIdentity = Readonly<z.infer<typeof Identity>>

const Header = z.strictObject({type: z.literal('header'), journal: z.literal(1), ...Identity.shape})

const Copy = z.strictObject({
  type: z.literal('copy'),
  /** Of the utterance in the data set. */
  id: z.string(),
  copy: z.int(),
  /** From the folder. A journal comes from the disk: it must not be able to name anything else. */
  path: z.string().regex(/^audio\/[A-Za-z0-9][A-Za-z0-9._-]*\.(?:wav|flac)$/),
  seconds: z.number(),
  /** Steps as they were applied. */
  applied: z.array(z.record(z.string(), z.union([z.string(), z.number()]))),
})
export type CopyRecord = Readonly<Omit<z.infer<typeof Copy>, 'type'>>

export interface AugmentJournal {
  /** Copies of earlier runs. */
  readonly found: readonly CopyRecord[]
  add(record: CopyRecord): Promise<void>
  close(): Promise<void>
}

export interface JournalOptions {
  readonly resume: boolean
  /** Remove what an earlier run of augmentation has made there, and begin anew. */
  readonly force: boolean
}

/**
 * Begins a folder of copies, or goes on with one. The folder is there, and locked.
 *
 * @throws LinguluError OUTPUT_EXISTS for a folder with anything else in it, or with copies that are neither resumed nor
 *   replaced; JOURNAL_INVALID for one of another run; OUTPUT_FAILED
 */
export async function openAugmentJournal(
  folder: string,
  identity: AugmentIdentity,
  {resume, force}: JournalOptions,
): Promise<AugmentJournal> {
  const path = join(folder, AUGMENT_JOURNAL)
  const names = (await readdir(folder)).filter(name => !name.startsWith('.lingulu-'))
  const earlier = await readJournal(path)
  if (earlier === undefined && names.length > 0)
    throw new LinguluError('OUTPUT_EXISTS', `${folder} is there already, and not made by lingulu augment.`, {
      hint: 'Choose another folder.',
    })
  if (earlier !== undefined && !resume && !force)
    throw new LinguluError('OUTPUT_EXISTS', `${folder} has copies of an earlier run.`, {
      hint: 'Go on with it by --resume, begin anew by --force, or choose another folder.',
    })
  if (earlier !== undefined && resume) {
    requireSame(folder, earlier.identity, identity)
    return appended(path, earlier.copies, earlier.wholeBytes)
  }
  if (earlier !== undefined) await removeCopies(folder, earlier.copies)
  await writeAtomically([{path, content: `${JSON.stringify({type: 'header', journal: 1, ...identity})}\n`}])
  return appended(path, [], undefined)
}

async function appended(
  path: string,
  found: readonly CopyRecord[],
  wholeBytes: number | undefined,
): Promise<AugmentJournal> {
  const file = await openForAppending(path, wholeBytes)
  let waiting = ''
  let next: Promise<void> | undefined
  let last: Promise<unknown> = Promise.resolve()
  // What comes while the disk is writing goes there together.
  const flush = async (): Promise<void> => {
    await last
    const text = waiting
    waiting = ''
    next = undefined
    await file.append(text)
  }
  return {
    found,
    add(record) {
      waiting += `${JSON.stringify({type: 'copy', ...record})}\n`
      if (next === undefined) {
        next = flush()
        last = next.catch(() => undefined)
      }
      return next
    },
    close: () => file.close(),
  }
}

interface EarlierRun {
  readonly identity: AugmentIdentity
  readonly copies: readonly CopyRecord[]
  readonly wholeBytes: number
}

async function readJournal(path: string): Promise<EarlierRun | undefined> {
  let identity: AugmentIdentity | undefined
  const copies: CopyRecord[] = []
  let wholeBytes = 0
  for await (const {line, offset} of readLines(path)) {
    const value = parseJson(line)
    if (identity === undefined) {
      const {type: _, journal: __, ...rest} = checked(path, Header.safeParse(value))
      identity = rest
    } else {
      const {type: _, ...copy} = checked(path, Copy.safeParse(value))
      copies.push(copy)
    }
    wholeBytes = offset + line.length + 1
  }
  return identity && {identity, copies, wholeBytes}
}

function parseJson(line: Buffer): unknown {
  try {
    return JSON.parse(line.toString('utf8'))
  } catch {
    return undefined
  }
}

function checked<T>(path: string, parsed: z.ZodSafeParseResult<T>): T {
  if (parsed.success) return parsed.data
  throw new LinguluError('JOURNAL_INVALID', `${path}: is damaged\n${explainIssues(parsed.error)}`, {
    cause: parsed.error,
    hint: 'Choose another folder, and remove this one yourself.',
  })
}

function requireSame(folder: string, before: AugmentIdentity, now: AugmentIdentity): void {
  const names = ['version', 'dataset', 'config', 'copies', 'seed', 'format'] as const
  const different = names.filter(name => JSON.stringify(before[name]) !== JSON.stringify(now[name]))
  if (different.length === 0) return
  throw new LinguluError('JOURNAL_INVALID', `${folder}: the run to resume had another ${different.join(', ')}.`, {
    hint: 'Resume it with the same settings, begin anew by --force, or choose another folder.',
  })
}

async function removeCopies(folder: string, copies: readonly CopyRecord[]): Promise<void> {
  // The manifest first: it must not name what is gone.
  await rm(join(folder, AUGMENT_MANIFEST), {force: true})
  for (const {path} of copies) await rm(join(folder, path), {force: true})
}
