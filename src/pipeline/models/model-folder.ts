/** How weights are stored, by the suffix of the ONNX files in Hugging Face's naming. */
export const PRECISIONS = ['fp32', 'fp16', 'q8', 'int8', 'uint8', 'w8', 'q4', 'q4f16', 'bnb4'] as const
export type Precision = (typeof PRECISIONS)[number]

/** What the user asks for; `auto` is fp32 where it exists, else the only one there. Whisper's two parts may differ. */
export type PrecisionChoice = 'auto' | Precision | {readonly encoder: Precision; readonly decoder: Precision}

/** What was found. */
export type PrecisionLabel = Precision | `encoder=${Precision},decoder=${Precision}`

interface FolderBase {
  readonly path: string
  /** What the user called it, or the folder's name. */
  readonly name: string
  readonly precision: PrecisionLabel
  /** SHA-256 over the ONNX files (and their external data) that are used, and the configuration. */
  readonly hash: string
}

/** A Whisper model in Hugging Face's layout. */
export interface WhisperFolder extends FolderBase {
  readonly kind: 'whisper'
  readonly encoder: string
  readonly decoder: /** Optimum's: logits for the next token; the search runs outside the graph. */
    | {readonly layout: 'merged'; readonly path: string}
    | {readonly layout: 'split'; readonly first: string; readonly withPast: string}
    /** lingulu's: the graph holds the search; the encoder gives keys and values instead of its states. */
    | {readonly layout: 'fused'; readonly path: string}
  /** Which parts scale activations as they run, over all that is computed together: there a batch changes results. */
  readonly dynamic: {readonly encoder: boolean; readonly decoder: boolean}
  readonly tokenizer: string
  readonly config: {
    readonly mels: number
    readonly vocabularySize: number
    readonly decoderLayers: number
    readonly decoderHeads: number
    readonly headSize: number
    readonly width: number
    /** Text positions of the decoder (448). */
    readonly textContext: number
    /** Audio positions of the encoder (1500). */
    readonly audioContext: number
    readonly medianFilterWidth: number
    /** [layer, head] pairs whose cross-attention follows the speech; undefined: the upper half of the layers. */
    readonly alignmentHeads?: readonly (readonly [layer: number, head: number])[] | undefined
    readonly multilingual: boolean
  }
}

export interface LanguageModelWeights {
  readonly alpha?: number | undefined
  readonly beta?: number | undefined
  readonly unknownOffset?: number | undefined
  readonly phoneWeight?: number | undefined
  readonly furtherTempos?: readonly number[] | undefined
  readonly priorWeight?: number | undefined
}

/** How probable each output of each head is before anything is heard; of a head that has nothing to take out, none. */
export interface LabelPriors {
  readonly tokens: readonly number[]
  readonly phones: readonly number[]
}

/** A CTC model in Hugging Face's layout. */
export interface CtcFolder extends FolderBase {
  readonly kind: 'ctc'
  readonly model: string
  readonly vocabulary: readonly string[]
  readonly blank: number
  /** Token that stands for a space between words (`|`), where there is one. */
  readonly wordDelimiter: string | undefined
  /** Tokens never printed: padding, unknown, begin and end of sentence. */
  readonly special: ReadonlySet<number>
  readonly features:
    | {readonly kind: 'waveform'; readonly normalize: boolean}
    | {readonly kind: 'filter-bank'; readonly options: import('./recognizer.js').FilterBankOptions}
  /** Input samples (waveform) or frames (filter bank) per output frame, where the configuration tells. */
  readonly stride: number | undefined
  /** The folder's own n-gram language model, which is used where no other is asked for. */
  readonly languageModel: string | undefined
  /** How far that one is to be trusted, where the folder says so: defaults of the search with it. */
  readonly languageModelWeights: LanguageModelWeights
  /** What the second head hears, the blank first, by `phones.json`; empty where there is none. */
  readonly phones: readonly string[]
  /** What the model expects of its outputs, by `label_priors.json`, where there is one. */
  readonly labelPriors: LabelPriors | undefined
  /** Pronunciations of the language model's words, in phones of the second head. */
  readonly lexicon: string | undefined
}

export type ModelFolder = WhisperFolder | CtcFolder
