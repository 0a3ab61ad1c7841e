import {PRECISION_SUFFIX} from '../models/precision.js'
import {toHalves} from '../onnx/to-halves.js'
import type {ExportedGraph} from './exported-graph.js'
import type {ExportPrecision} from './layouts.js'

/**
 * A graph in the precision asked for, its file named as Hugging Face names it. Inputs and outputs of `fp16` stay float32
 * as in the files that transformers.js' own converter makes (`keep_io_types`), so that callers need not change.
 */
export function inPrecision(graph: ExportedGraph, precision: ExportPrecision): ExportedGraph {
  if (precision === 'fp32') return graph
  const path = graph.path.replace(/\.onnx$/, `${PRECISION_SUFFIX[precision]}.onnx`)
  return {...graph, path, model: toHalves(graph.model)}
}
