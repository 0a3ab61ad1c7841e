import {LinguluError} from '../../../errors.js'
import type {WhisperConfig} from '../../../export/whisper/config.js'
import {ENCODER_STRIDE} from '../../architectures/whisper.js'
import type {FeatureBatch, TrainingItem} from '../training-task.js'
import type {WhisperModelConfig} from './whisper-config.js'
import type {TokenRow, WhisperLabels} from './whisper-labels.js'

const FRAMES_PER_SECOND = 100

/** What rows of recordings are to become, and whether they can. */
export interface WhisperRows {
  /** Why an item cannot be learnt from; undefined if it can. */
  refuse(item: TrainingItem): string | undefined
  /** @throws LinguluError CONFIG_INVALID for a row that is too long */
  tokens(row: FeatureBatch['rows'][number]): TokenRow
}

export function whisperRows(labels: WhisperLabels, model: WhisperModelConfig, config: WhisperConfig): WhisperRows {
  const tokenLimit = Math.min(model.max_length ?? config.max_target_positions, config.max_target_positions)
  const secondsLimit = (ENCODER_STRIDE * config.max_source_positions) / FRAMES_PER_SECOND
  const problem = (seconds: number, {tokens}: TokenRow): string | undefined => {
    if (seconds > secondsLimit)
      return `it is ${seconds.toFixed(1)} s long, and the model hears ${secondsLimit} s at once`
    if (tokens.length > tokenLimit) return `its text takes ${tokens.length} tokens, more than ${tokenLimit}`
    return undefined
  }
  return {
    refuse: item => problem(item.seconds, labels.row(item.text)),
    tokens(row) {
      const made = labels.row(row.map(({text}) => text).join(' '))
      const wrong = problem(
        row.reduce((sum, {seconds}) => sum + seconds, 0),
        made,
      )
      if (wrong === undefined) return made
      throw new LinguluError('CONFIG_INVALID', `${row.map(({id}) => id).join(' ')} cannot be learnt: ${wrong}.`, {
        hint: 'Join fewer recordings, or leave long ones out with max_seconds.',
      })
    },
  }
}
