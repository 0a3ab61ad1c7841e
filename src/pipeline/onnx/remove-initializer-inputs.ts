import {copyMessage} from './copy-message.js'
import {withGraph} from './map-graphs.js'
import type {Model} from './model.js'
import type {GraphProto} from './onnx-ml_pb.js'

/**
 * Before IR version 4, and where exporters still do so, initializers are inputs too, to be given or left out. Where a pass
 * has removed the initializer of such an input, the input goes as well: it would have to be given from then on.
 *
 * @param before the main graph as it was
 */
export function removeInitializerInputs(model: Model, before: GraphProto): Model {
  const {graph} = model.proto
  if (graph === undefined) return model
  const had = new Set(before.initializer.map(({name}) => name))
  const has = new Set(graph.initializer.map(({name}) => name))
  const input = graph.input.filter(({name}) => !had.has(name) || has.has(name))
  if (input.length === graph.input.length) return model
  const copy = copyMessage(graph)
  copy.input = input
  return {...model, proto: withGraph(model.proto, copy)}
}
