import type {TranscribeEvent} from '../pipeline/events.js'
import type {PlannedJob} from '../pipeline/inputs/plan.js'
import {recordFailure} from '../pipeline/transcribe-input.js'
import type {PlanDocument} from '../pipeline/transcripts/results.js'
import {failureLine} from './failure-line.js'

type PlanEvent = Extract<TranscribeEvent, {type: 'plan'}>

/** What a run would do (`--dry-run`), for programs. */
export function planDocument({outputDir, jobs, failures}: PlanEvent): PlanDocument {
  return {
    outputDir,
    inputs: [
      ...failures.map(failure => recordFailure(failure, failure.error)),
      ...jobs.map(({item: {name, id}, action, outputs}) => ({
        type: 'planned' as const,
        audio: name,
        id,
        action,
        outputs: [...outputs],
      })),
    ],
  }
}

/** The same for people: a line for each input. */
export function formatPlan(event: PlanEvent): string {
  const {outputDir, jobs, total, pending, failures, notAudio} = event
  const failed = failures.map(failure => `✗ ${failureLine(recordFailure(failure, failure.error))}`)
  const ignored =
    notAudio === 0 ? '' : `; ${notAudio === 1 ? '1 other file is' : `${notAudio} other files are`} not audio`
  const into = outputDir === undefined ? '' : ` into ${outputDir}`
  const summary = `${pending} of ${total} ${total === 1 ? 'input' : 'inputs'} would be transcribed${into}${ignored}.`
  return [...failed, ...jobs.map(formatJob), summary].join('\n')
}

function formatJob({item, action, outputs}: PlannedJob): string {
  if (action === 'skip') return `${item.name}: skipped, its outputs are there`
  if (action === 'done') return `${item.name}: done in an earlier run`
  return outputs.length === 0 ? item.name : `${item.name} → ${outputs.map(({path}) => path).join(', ')}`
}
