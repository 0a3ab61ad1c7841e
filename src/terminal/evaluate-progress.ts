import type {EvaluateEvent} from '../pipeline/evaluation/evaluate-events.js'
import type {ProgressEvent} from './transcribe-progress.js'

/** What the progress of recognising shows of an evaluation. */
export function toProgress(event: EvaluateEvent): ProgressEvent | undefined {
  if (event.type === 'plan') return {type: 'plan', pending: event.pending, duplicates: []}
  if (event.type === 'dataset' || event.type === 'pull' || event.type === 'done') return undefined
  if (event.type !== 'utterance') return event
  const {name, hypothesis} = event
  if (hypothesis.status === 'failed')
    return {type: 'result', name, records: [{status: 'failed', audio: name, error: hypothesis.error}]}
  return {type: 'result', name, records: [{status: 'ok', durationSeconds: hypothesis.durationSeconds}]}
}
