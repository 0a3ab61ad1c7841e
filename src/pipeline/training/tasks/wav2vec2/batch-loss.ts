import {ctcLoss} from '../../ctc-loss.js'
import type {FeatureBatch, LossResult, TaskBatch} from '../training-task.js'
import {spellRow} from './spell-row.js'
import type {Units} from './vocabulary.js'

export interface LossSettings {
  readonly units: Units
  readonly framesOf: (samples: number) => number
  /** mean: a row's loss is divided by the number of its tokens, as PyTorch's `ctc_loss` does. */
  readonly reduction: 'mean' | 'sum'
}

/** CTC of a batch, to be divided by its rows. Rows that cannot be spelled do not count. */
export function batchLoss(
  {rows, lengths}: FeatureBatch,
  {units, framesOf, reduction}: LossSettings,
): TaskBatch['lossOf'] {
  const labels = rows.map(items => spellRow(items, units))
  return ({values, shape}): LossResult => {
    const [, frames = 0, classes = 0] = shape
    const {losses, gradient} = ctcLoss({
      logits: values,
      frames,
      classes,
      lengths: labels.map((label, row) => (label === undefined ? 0 : framesOf(lengths[row] ?? 0))),
      labels: labels.map(label => label ?? []),
      blank: units.blank,
    })
    let sum = 0
    for (const [row, label] of labels.entries()) {
      const scale = reduction === 'mean' ? 1 / Math.max(1, label?.length ?? 0) : 1
      sum += scale * (losses[row] ?? 0)
      const end = (row + 1) * frames * classes
      for (let index = row * frames * classes; index < end; index++) gradient[index] = scale * (gradient[index] ?? 0)
    }
    const count = labels.filter(label => label !== undefined).length
    return {gradient, count, loss: {sum, count}, parts: {}}
  }
}
