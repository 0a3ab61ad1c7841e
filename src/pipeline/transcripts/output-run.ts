import {dirname, join} from 'node:path'
import type {InputItem} from '../inputs/input.js'
import type {OutputPlan, PlannedJob} from '../inputs/plan.js'
import {type PlanOptions, planOutputs} from '../inputs/plan-outputs.js'
import {removeStaleTemporaries} from './atomic-write.js'
import {type Journal, openJournal} from './journal.js'
import type {JournalIdentity} from './journal-record.js'
import {lockOutputs} from './output-lock.js'
import {readJournal, readResults} from './read-journal.js'
import type {TranscribedRecord} from './results.js'

export interface OutputRunOptions extends Omit<PlanOptions, 'journal'> {
  /** Go on with the run that the journal in the output folder tells of; begin one if there is none. */
  readonly resume: boolean
  /** Formats and naming are added to its options. */
  readonly identity: JournalIdentity
}

/** The file side of a batch: its plan, its journal, and the lock on the output folder until it is closed. */
export interface OutputRun extends Journal {
  readonly plan: OutputPlan
  /** What an earlier run found for a job whose action is `done`. */
  results(job: PlannedJob): Promise<readonly TranscribedRecord[]>
}

/** What `startOutputRun` would plan. Nothing is locked, made or written (`--dry-run`). */
export async function planRun(items: readonly InputItem[], options: OutputRunOptions): Promise<OutputPlan> {
  const journal = options.resume ? await readJournal(options.outputDir, wholeIdentity(options)) : undefined
  return planOutputs(items, {...options, journal})
}

/**
 * Makes and locks the output folder, plans, clears away what killed runs left half-written, and begins the journal or
 * goes on with it. Without `resume` an earlier journal is replaced, once `onExists` has let the plan pass.
 * @throws {LinguluError} as `planOutputs`; JOURNAL_INVALID; USAGE if another run writes there; OUTPUT_FAILED.
 */
export async function startOutputRun(items: readonly InputItem[], options: OutputRunOptions): Promise<OutputRun> {
  const {outputDir, resume} = options
  const identity = wholeIdentity(options)
  const lock = await lockOutputs(outputDir)
  try {
    const previous = resume ? await readJournal(outputDir, identity) : undefined
    const plan = await planOutputs(items, {...options, journal: previous})
    const folders = plan.jobs.map(({stem}) => dirname(join(plan.outputDir, stem)))
    await removeStaleTemporaries([plan.outputDir, ...folders])
    const journal = await openJournal(plan.outputDir, identity, plan.jobs, previous)
    return {
      plan,
      async results({key}) {
        const entry = previous?.done.get(key)
        return previous && entry ? readResults(previous, entry) : []
      },
      done: journal.done,
      failed: journal.failed,
      async close() {
        await journal.close()
        await lock.release()
      },
    }
  } catch (error) {
    await lock.release()
    throw error
  }
}

/** What the plan depends on must be the same too. */
const wholeIdentity = ({identity, formats, outputName}: OutputRunOptions): JournalIdentity => ({
  ...identity,
  options: {...identity.options, formats: [...formats].sort(), outputName},
})
