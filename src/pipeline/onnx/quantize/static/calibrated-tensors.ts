import type {Model} from '../../model.js'
import {requireOpset} from '../../opset.js'
import {planStatic} from './plan-static.js'
import type {StaticOptions} from './static-options.js'

const LIMITS = new Set(['Relu', 'Clip'])

/**
 * The tensors whose ranges {@link quantizeStatic} needs with the same options, in the order of execution as far as they
 * are marked in it. None where there is nothing to quantize.
 *
 * @throws LinguluError OPTION_UNSUPPORTED for nodes in subgraphs, and for a selection that matches nothing; MODEL_INVALID
 *   for models that are too old
 */
export function calibratedTensors(model: Model, options: StaticOptions = {}): readonly string[] {
  const {graph} = model.proto
  if (graph === undefined) return []
  requireStaticOpset(model, options)
  const {marks, selected} = planStatic(model, graph, options)
  const needed = new Set<string>()
  for (const [name, {sharedWith}] of marks.tensors)
    if (sharedWith === undefined && !marks.initializers.has(name)) needed.add(name)
  // What comes before a limit has the range of what comes after it.
  for (const {opType, input, output} of selected) {
    const [from = ''] = input
    const [to = ''] = output
    if (!LIMITS.has(opType) || !needed.has(to)) continue
    if (!marks.initializers.has(from) && !marks.parts.dequantizers.has(from)) needed.add(from)
  }
  return [...needed]
}

/** @throws LinguluError MODEL_INVALID for a model without the operators or without their axis */
export function requireStaticOpset({proto}: Model, {perChannel = true}: StaticOptions): void {
  requireOpset(proto, perChannel ? 13 : 10, perChannel ? 'a scale for each channel' : 'static quantization')
}
