import {join} from 'node:path'
import type {Fingerprint} from '../inputs/fingerprint.js'
import {itemSettings, type PlannedJob} from '../inputs/plan.js'
import {openForAppending} from './append-file.js'
import {writeAtomically} from './atomic-write.js'
import {hashOptions} from './journal-identity.js'
import {
  type DoneLine,
  type HeaderLine,
  JOURNAL_FORMAT,
  type JournalIdentity,
  type JournalLine,
  type PlanLine,
} from './journal-record.js'
import {JOURNAL_NAME, type JournalState} from './read-journal.js'
import type {FailedRecord, TranscribedRecord} from './results.js'

/** The record of a run, line by line on the disk before each call returns. */
export interface Journal {
  /** Call it when the outputs stand under their names. */
  done(job: PlannedJob, work: FinishedWork): Promise<void>
  failed(job: PlannedJob, error: FailedRecord['error']): Promise<void>
  close(): Promise<void>
}

export interface FinishedWork {
  readonly input: Fingerprint | undefined
  readonly outputs: DoneLine['outputs']
  /** One per channel. */
  readonly results: readonly TranscribedRecord[]
}

/**
 * Begins a journal in a locked output folder, or goes on with `previous`. All that the run will write is noted before
 * any of it is written: so a later run knows which files are its own.
 * @throws {LinguluError} OUTPUT_FAILED, here and from every method.
 */
export async function openJournal(
  outputDir: string,
  identity: JournalIdentity,
  jobs: readonly PlannedJob[],
  previous?: JournalState,
): Promise<Journal> {
  const path = join(outputDir, JOURNAL_NAME)
  const plans = jobs.filter(({action}) => action === 'transcribe').map(planLine)
  if (previous === undefined) {
    const header: HeaderLine = {
      type: 'header',
      journal: JOURNAL_FORMAT,
      ...identity,
      optionsHash: hashOptions(identity.options),
    }
    await writeAtomically([{path, content: [header, ...plans].map(toLine).join('')}])
  }
  const file = await openForAppending(path, previous?.wholeBytes)
  if (previous !== undefined) {
    const news = plans.filter(plan => JSON.stringify(plan) !== JSON.stringify(previous.plans.get(plan.key)))
    await file.append(news.map(toLine).join(''))
  }
  return {
    done: ({key, item}, {input, outputs, results}) =>
      file.append(toLine({type: 'done', key, audio: item.name, input, outputs, results: [...results]})),
    failed: ({key, item}, error) => file.append(toLine({type: 'failed', key, audio: item.name, error})),
    close: () => file.close(),
  }
}

const planLine = ({item, key, stem, formats}: PlannedJob): PlanLine => ({
  type: 'plan',
  key,
  stem,
  formats: [...formats],
  settings: itemSettings(item),
})

const toLine = (line: HeaderLine | JournalLine): string => `${JSON.stringify(line)}\n`
