import type {ModelProto} from './onnx-ml_pb.js'
import {definitionsOf} from './outer-values.js'
import {modelGraphs} from './visit.js'

/** Gives names that nothing in the model has, in any of its graphs. */
export function uniqueNames(proto: ModelProto): (wanted: string) => string {
  const names = new Set([...modelGraphs(proto)].flatMap(graph => [...definitionsOf(graph)]))
  return wanted => {
    let name = wanted
    for (let count = 1; names.has(name); count++) name = `${wanted}_${count}`
    names.add(name)
    return name
  }
}
