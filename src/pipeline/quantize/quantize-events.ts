import type {ModelPart} from '../models/model-source.js'
import type {FolderRecord} from '../tools/folder-record.js'
import type {AccuracyEvent} from './accuracy-events.js'
import type {QuantizationReport} from './quantization-report.js'
import type {QuantizationMethod} from './recipes.js'

/** An ONNX file, and what became of it. */
export interface ChangedFile {
  /** Relative to their folders, with `/`. */
  readonly source: string
  readonly target: string
  /** Nodes that were changed; none in a file that stays as it was. */
  readonly nodes: number
  /** With external data. */
  readonly sourceBytes: number
  readonly targetBytes: number
}

/** What happens while a model is quantized. */
export type QuantizeEvent =
  | {
      readonly type: 'start'
      /** Where the model lies. */
      readonly model: string
      readonly files: readonly {
        readonly source: string
        readonly target: string
        readonly part: ModelPart
        readonly methods: readonly QuantizationMethod[]
      }[]
    }
  /** Something the user should know. */
  | {readonly type: 'note'; readonly message: string}
  /** Recordings that were transcribed to see what the model is fed. */
  | {readonly type: 'record'; readonly done: number; readonly total: number}
  /** Of one file; with a budget files are quantized several times. */
  | {readonly type: 'progress'; readonly source: string; readonly fraction: number}
  | ({readonly type: 'model'} & ChangedFile)
  | AccuracyEvent
  | {
      readonly type: 'done'
      readonly folder: string
      readonly sourceBytes: number
      readonly targetBytes: number
      readonly files: readonly ChangedFile[]
      readonly record: FolderRecord
      /** Where it was measured; it is in the folder too. */
      readonly report: QuantizationReport | undefined
    }
