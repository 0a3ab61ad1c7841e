import type {Model} from '../../onnx/model.js'
import type {LinguluCtcConfig} from '../../training/tasks/ctc/ctc-folder.js'
import {ctcLogits} from '../../training/tasks/ctc/ctc-model.js'
import {encoderSizes} from '../../training/tasks/encoder-config.js'
import type {GraphContext} from '../graph-context.js'
import {encoderGraph} from './encoder-graph.js'

/**
 * `input_features` [batch, frames, mels] and `lengths` [batch] → `logits` [batch, frames ∕ 4, tokens], and `phone_logits`
 * of a model with two heads.
 */
export function buildCtc(
  {encoder, vocab_size: written, phone_count: phones}: LinguluCtcConfig,
  context: GraphContext,
): Model {
  const sizes = encoderSizes(encoder)
  return encoderGraph(
    {
      sizes,
      outputs(ops) {
        const logits = ctcLogits(ops, {encoder: sizes, written, phones})
        const second = logits.phones === undefined ? [] : [['phone_logits', logits.phones] as const]
        return new Map([['logits', logits.written] as const, ...second])
      },
    },
    context,
  )
}
