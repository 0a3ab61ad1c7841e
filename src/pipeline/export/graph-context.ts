import type {BuildOptions} from '../onnx/graph-builder.js'
import type {Checkpoint} from './checkpoint.js'
import type {Layout} from './layouts.js'

/** What the makers of graphs need beside the configuration. */
export interface GraphContext {
  readonly checkpoint: Checkpoint
  /** Gathers the names of the tensors that went into a graph. */
  readonly used: Set<string>
  readonly build: BuildOptions
  readonly layout: Layout
  /** Whether Whisper's decoder gives its cross-attention. */
  readonly crossAttentions: boolean
}
