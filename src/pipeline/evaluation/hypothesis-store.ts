import {rename} from 'node:fs/promises'
import {dirname} from 'node:path'
import {LinguluError} from '../errors.js'
import {type AppendedFile, openForAppending} from '../transcripts/append-file.js'
import {syncFolder, writeAtomically} from '../transcripts/atomic-write.js'
import {lockFile} from '../transcripts/output-lock.js'
import {
  HYPOTHESES_FORMAT,
  type HypothesisIdentity,
  type HypothesisLine,
  type PartLine,
  type StoreHeader,
  type StoreLine,
} from './hypothesis-record.js'
import {exists, readStore, type StoreState} from './read-store.js'

/** Hypotheses, on the disk as they come. While a run goes on they stand in `FILE.part`. */
export interface HypothesisStore {
  /** What earlier parts of this run have found; of failures, the last. */
  readonly found: ReadonlyMap<string, HypothesisLine>
  readonly parts: readonly PartLine[]
  /** Wall-clock seconds of the parts so far. */
  readonly wallSeconds: number
  /** A part begins: to be called once, before the first `add`. Nothing is written before. */
  begin(part: PartLine): Promise<void>
  /** @throws LinguluError OUTPUT_FAILED, as all the others */
  add(line: HypothesisLine): Promise<void>
  /** All is done: the file gets its name. */
  finish(finishedAt: string): Promise<void>
  /** Lets go of the file; what is not finished can be resumed. */
  close(): Promise<void>
}

export interface StoreOptions {
  /** Undefined: in memory only. */
  readonly path: string | undefined
  readonly identity: HypothesisIdentity
  /** Go on with what is there; begin if nothing is. */
  readonly resume: boolean
  /** Replace what is there. */
  readonly force: boolean
}

/**
 * Takes the store for this process and reads what an earlier run has left in it.
 *
 * @throws LinguluError OUTPUT_EXISTS; JOURNAL_INVALID where the store is damaged or of another run; USAGE if another run
 * is writing it; OUTPUT_FAILED
 */
export async function openHypothesisStore({path, ...options}: StoreOptions): Promise<HypothesisStore> {
  if (path === undefined) return openStore(undefined, options.identity, undefined)
  const lock = await lockFile(path, 'another file of hypotheses (--hyps)')
  try {
    const store = openStore(path, options.identity, await findState(path, options))
    return {...store, close: () => store.close().finally(() => lock.release())}
  } catch (error) {
    await lock.release()
    throw error
  }
}

export const unfinishedPath = (path: string): string => `${path}.part`

async function findState(
  path: string,
  {identity, resume, force}: Omit<StoreOptions, 'path'>,
): Promise<StoreState | undefined> {
  const unfinished = unfinishedPath(path)
  if (resume) return (await readStore(unfinished, identity)) ?? (await readStore(path, identity))
  if (force) return undefined
  if (await exists(path)) await refuseOthers(path, identity)
  if (await exists(unfinished))
    throw new LinguluError('OUTPUT_EXISTS', `${unfinished} is of a run that was interrupted.`, {
      hint: 'Go on with it by --resume, or begin anew by --force.',
    })
  return undefined
}

/** The hypotheses of the same run may be replaced: the new ones are the same. */
async function refuseOthers(path: string, identity: HypothesisIdentity): Promise<void> {
  const state = await readStore(path, identity).catch((error: unknown) => {
    if (error instanceof LinguluError) return undefined
    throw error
  })
  if (state === undefined)
    throw new LinguluError('OUTPUT_EXISTS', `${path} is there already, and not of this model, data set and options.`, {
      hint: 'Give another name, or --force to replace it, or --from to score those hypotheses again.',
    })
}

function openStore(
  path: string | undefined,
  identity: HypothesisIdentity,
  state: StoreState | undefined,
): HypothesisStore {
  let file: AppendedFile | undefined
  const unfinished = path && unfinishedPath(path)

  /** The file to append to: what an interrupted run left, a copy of what a finished one did, or a new one. */
  async function openFile(): Promise<AppendedFile | undefined> {
    if (unfinished === undefined) return undefined
    if (state?.path === unfinished) return openForAppending(unfinished, state.wholeBytes)
    const header: StoreHeader = {type: 'header', hypotheses: HYPOTHESES_FORMAT, ...identity}
    const lines = [header, ...(state?.parts ?? []), ...(state?.found.values() ?? [])]
    await writeAtomically([{path: unfinished, content: lines.map(toLine).join('')}])
    return openForAppending(unfinished, undefined)
  }

  return {
    found: state?.found ?? new Map(),
    parts: state?.parts ?? [],
    wallSeconds: state?.wallSeconds ?? 0,
    async begin(part) {
      file = await openFile()
      await file?.append(toLine(part))
    },
    async add(line) {
      await file?.append(toLine(line))
    },
    async finish(finishedAt) {
      if (path === undefined || unfinished === undefined) return
      // The run before has finished, and this one had nothing to do.
      if (file === undefined && state?.path === path) return
      file ??= await openFile()
      await file?.append(toLine({type: 'end', finishedAt}))
      await file?.close()
      file = undefined
      await rename(unfinished, path)
      await syncFolder(dirname(path))
    },
    async close() {
      await file?.close()
    },
  }
}

const toLine = (line: StoreHeader | StoreLine): string => `${JSON.stringify(line)}\n`
