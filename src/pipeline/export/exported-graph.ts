import type {Model} from '../onnx/model.js'

/** One ONNX file of an export. */
export interface ExportedGraph {
  /** Relative to the folder, with the suffix of its precision. */
  readonly path: string
  readonly model: Model
  /** Graphs of one family have the same weights, which are written once, beside them. */
  readonly family?: string | undefined
  /** Whether a graph of a family keeps its weights in itself where they are not too large for that. */
  readonly alone?: boolean | undefined
}
