import {type AugmentDatasetOptions, type AugmentedDataset, augmentDataset} from '../pipeline/augment-dataset.js'
import type {ErrorRecord} from '../pipeline/errors.js'
import {formatCount} from '../pipeline/text/format-count.js'
import {openAugmentProgress} from './augment-progress.js'
import {interruptSignal} from './interrupt.js'

export interface AugmentResult extends AugmentedDataset {
  readonly failures: readonly {readonly id: string; readonly audio: string; readonly error: ErrorRecord}[]
  readonly notes: readonly string[]
}

/** Makes the copies of a data set, and shows how that goes on. */
export async function runAugment(
  options: AugmentDatasetOptions,
  {quiet}: {readonly quiet: boolean},
): Promise<AugmentResult> {
  using interrupt = interruptSignal(
    'Interrupted. What is finished is kept.',
    'Go on with the same command and --resume.',
  )
  const progress = openAugmentProgress({quiet, stderr: process.stderr})
  const failures: AugmentResult['failures'][number][] = []
  const notes: string[] = []
  try {
    for await (const event of augmentDataset(options, {signal: interrupt.signal})) {
      progress.show(event)
      if (event.type === 'note') notes.push(event.message)
      else if (event.type === 'failed') failures.push({id: event.id, audio: event.audio, error: event.error})
      else if (event.type === 'done') return {...event.result, failures, notes}
    }
  } finally {
    progress.close()
  }
  throw new Error('augmentation ends with done')
}

export function formatAugmented({manifest, copies, resumed, failed, seconds}: AugmentResult): string {
  const earlier = resumed > 0 ? `, ${formatCount(resumed)} of them from before` : ''
  const lacking = failed > 0 ? `; ${formatCount(failed)} could not be copied` : ''
  return `${manifest}: ${formatCount(copies)} copies${earlier}, ${(seconds / 3600).toFixed(2)} h${lacking}`
}
