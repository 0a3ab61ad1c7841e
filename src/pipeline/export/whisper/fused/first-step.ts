import type {Value} from '../../../onnx/graph-builder.js'
import type {LoopState} from './loop-state.js'
import {floatKind, type Operators} from './operators.js'
import type {Settings} from './settings.js'

export type FirstOutputs = Pick<LoopState, 'noSpeech' | 'logits' | 'alignment'>

export interface FirstInputs {
  readonly isFirst: Value
  /** [rows × places, vocabulary]. */
  readonly logits: Value
  /** [rows, places]. */
  readonly places: Value
  /** Cross-attention of a layer's `heads`, in their order, [windows, heads, rows of a window × tokens, positions]. */
  readonly attentions: ReadonlyMap<number, Value>
  /** [rows, tokens]. */
  readonly fed: Value
  readonly heads: readonly (readonly [layer: number, head: number])[]
}

const NO_SPEECH = floatKind('out_rows')
const LOGITS = floatKind('out_logit_rows', 'out_places', 'out_vocabulary')
const ALIGNMENT = floatKind('out_alignment_rows', 'out_heads', 'out_tokens', 'out_positions')

/** What is wanted of the first step only; in later ones, what it was. */
export function firstOutputs(
  scope: Operators,
  inputs: FirstInputs,
  before: FirstOutputs,
  settings: Settings,
): FirstOutputs {
  const [noSpeech = '', logits = '', alignment = ''] = scope.when(
    inputs.isFirst,
    [NO_SPEECH, LOGITS, ALIGNMENT],
    inner => {
      const shape = inner.concat([inner.node('Shape', [inputs.places]), inner.integers(-1)], 0)
      const all = inner.reshapeTo(inputs.logits, shape)
      const probabilities = inner.softmax(inner.gather(all, inner.integer(0), 1))
      return [
        inner.gather(probabilities, settings.noSpeech, 1),
        inner.choose(
          settings.wantLogits,
          LOGITS,
          deeper => deeper.same(all),
          deeper => deeper.same(before.logits),
        ),
        inner.choose(
          settings.wantAlignment,
          ALIGNMENT,
          deeper => alignmentOf(deeper, inputs),
          deeper => deeper.same(before.alignment),
        ),
      ]
    },
    inner => [before.noSpeech, before.logits, before.alignment].map(inner.same),
  )
  return {noSpeech, logits, alignment}
}

/** [rows, heads of all layers, tokens, positions]. */
function alignmentOf(scope: Operators, {attentions, fed, heads}: FirstInputs): Value {
  const tokens = scope.size(fed, 1)
  const chosen = heads.map(([layer], index) => {
    const place = heads.slice(0, index).filter(([other]) => other === layer).length
    // [windows, rows × tokens, positions] → [rows of all, 1, tokens, positions]
    const one = scope.gather(attentions.get(layer) ?? '', scope.integer(place), 1)
    const positions = scope.size(one, 2)
    return scope.reshapeTo(one, scope.concat([scope.integers(-1), scope.integers(1), tokens, positions], 0))
  })
  return scope.concat(chosen, 1)
}
