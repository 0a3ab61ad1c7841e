import {LinguluError} from '../errors.js'
import {
  PRECISIONS,
  type Precision,
  type PrecisionChoice,
  type PrecisionLabel,
  type WhisperFolder,
} from './model-folder.js'
import {PRECISION_SUFFIX, precisionLabel} from './precision.js'

/** The ONNX files of one model in one precision, relative to the model folder, with `/`. */
export type OnnxFiles =
  | {
      readonly kind: 'whisper'
      readonly precision: PrecisionLabel
      readonly layout: WhisperLayout
      readonly encoder: string
      /** One file, or two where the layout is split: first step, later steps. */
      readonly decoder: readonly string[]
    }
  | {readonly kind: 'ctc'; readonly precision: PrecisionLabel; readonly model: string}

export type ModelKind = OnnxFiles['kind']

export type WhisperLayout = WhisperFolder['decoder']['layout']

/** The stems of the files of each part, by layout; all of a part's files must be there. */
interface Layout {
  readonly encoder: readonly string[]
  readonly decoder: readonly string[]
}

/** Best first: where a precision is there in several layouts, the first is taken. */
const WHISPER_LAYOUTS = {
  fused: {encoder: ['encoder_fused'], decoder: ['decoder_fused']},
  merged: {encoder: ['encoder_model'], decoder: ['decoder_model_merged']},
  split: {encoder: ['encoder_model'], decoder: ['decoder_model', 'decoder_with_past_model']},
} as const satisfies Record<WhisperLayout, Layout>

const CTC_STEMS = ['model']

/** One part of a model in one layout: the ONNX files that make it up, by precision. */
type Variants = ReadonlyMap<Precision, readonly string[]>

/** What there is of a Whisper model in one layout. */
interface WhisperVariants {
  readonly layout: WhisperLayout
  readonly encoders: Variants
  readonly decoders: Variants
}

/** Whisper exports have two parts, CTC exports one; undefined if `files` (relative paths) holds no ONNX file of either. */
export function onnxKind(files: Iterable<string>): ModelKind | undefined {
  const stems = [...files].filter(file => file.endsWith('.onnx')).map(file => file.slice(file.lastIndexOf('/') + 1))
  if (stems.some(stem => /^(?:encoder|decoder)_/.test(stem))) return 'whisper'
  return stems.some(stem => stem.startsWith('model')) ? 'ctc' : undefined
}

/**
 * Chooses the ONNX files of a model among `files`, the relative paths of a folder or of a hub listing. Files are looked
 * for in `onnx/`, then at the top.
 *
 * @param where names the folder or repository in errors.
 * @throws LinguluError `MODEL_INVALID` if a part is missing, or missing in the precision asked for, or `auto` is ambiguous.
 */
export function chooseOnnxFiles(
  kind: ModelKind,
  files: ReadonlySet<string>,
  choice: PrecisionChoice,
  where: string,
): OnnxFiles {
  return kind === 'ctc' ? chooseCtc(files, choice, where) : chooseWhisper(files, choice, where)
}

/** The precisions every part of the model exists in. */
export function availablePrecisions(kind: ModelKind, files: ReadonlySet<string>): readonly Precision[] {
  return kind === 'ctc' ? [...findVariants(CTC_STEMS, files).keys()] : commonPrecisions(whisperVariants(files))
}

/** All files of a choice. */
export function onnxPaths(files: OnnxFiles): readonly string[] {
  return files.kind === 'ctc' ? [files.model] : [files.encoder, ...files.decoder]
}

function chooseCtc(files: ReadonlySet<string>, choice: PrecisionChoice, where: string): OnnxFiles {
  if (typeof choice === 'object') throw onePartOnly(where)
  const variants = findVariants(CTC_STEMS, files)
  if (variants.size === 0) throw missingPart(files, where, [CTC_STEMS])
  const precision = choice === 'auto' ? pickOnly([...variants.keys()], where) : choice
  return {kind: 'ctc', precision, model: pathsOf(variants, precision, 'model', CTC_STEMS, where)[0] as string}
}

function chooseWhisper(files: ReadonlySet<string>, choice: PrecisionChoice, where: string): OnnxFiles {
  const found = whisperVariants(files)
  const whole = found.filter(({encoders, decoders}) => encoders.size > 0 && decoders.size > 0)
  const [first] = whole
  if (first === undefined) throw missingWhisperPart(files, found, where)
  const {encoder, decoder} = pickBoth(whole, choice, where)
  const {layout, encoders, decoders} =
    whole.find(one => one.encoders.has(encoder) && one.decoders.has(decoder)) ?? first
  const stems = WHISPER_LAYOUTS[layout]
  return {
    kind: 'whisper',
    precision: precisionLabel(encoder, decoder),
    layout,
    encoder: pathsOf(encoders, encoder, 'encoder', stems.encoder, where)[0] as string,
    decoder: pathsOf(decoders, decoder, 'decoder', stems.decoder, where),
  }
}

function whisperVariants(files: ReadonlySet<string>): WhisperVariants[] {
  return Object.entries(WHISPER_LAYOUTS).map(([layout, {encoder, decoder}]) => ({
    layout: layout as WhisperLayout,
    encoders: findVariants(encoder, files),
    decoders: findVariants(decoder, files),
  }))
}

function findVariants(stems: readonly string[], files: ReadonlySet<string>): Variants {
  const variants = new Map<Precision, readonly string[]>()
  for (const precision of PRECISIONS) {
    for (const folder of ['onnx/', '']) {
      const paths = stems.map(stem => `${folder}${stem}${PRECISION_SUFFIX[precision]}.onnx`)
      if (!variants.has(precision) && paths.every(path => files.has(path))) variants.set(precision, paths)
    }
  }
  return variants
}

/** The precisions in which some layout has both parts. */
function commonPrecisions(found: readonly WhisperVariants[]): readonly Precision[] {
  return PRECISIONS.filter(precision =>
    found.some(({encoders, decoders}) => encoders.has(precision) && decoders.has(precision)),
  )
}

function pickBoth(whole: readonly WhisperVariants[], choice: PrecisionChoice, where: string) {
  if (typeof choice === 'object') return choice
  const same = (precision: Precision) => ({encoder: precision, decoder: precision})
  if (choice !== 'auto') return same(choice)
  const common = commonPrecisions(whole)
  const [first] = whole
  if (common.length > 0 || first === undefined) return same(pickOnly(common, where))
  return {encoder: pickOnly([...first.encoders.keys()], where), decoder: pickOnly([...first.decoders.keys()], where)}
}

/** fp32 where it is there, else the only one that is. */
function pickOnly(precisions: readonly Precision[], where: string): Precision {
  const [first, ...more] = precisions
  if (first === 'fp32' || (first !== undefined && more.length === 0)) return first
  throw new LinguluError('MODEL_INVALID', `${where} has no fp32 weights, but ${precisions.join(', ')}.`, {
    hint: 'Choose one with --precision.',
  })
}

function pathsOf(
  variants: Variants,
  precision: Precision,
  part: keyof Layout | 'model',
  stems: readonly string[],
  where: string,
): readonly string[] {
  const paths = variants.get(precision)
  if (paths !== undefined) return paths
  const name = `${stems[0]}${PRECISION_SUFFIX[precision]}.onnx`
  throw new LinguluError('MODEL_INVALID', `${where} has no ${part} in ${precision} (${name}).`, {
    hint: `It is there in ${[...variants.keys()].join(', ')}: choose one with --precision.`,
  })
}

/** Says which part of a Whisper model is missing, in the layout of the other part where that tells. */
function missingWhisperPart(
  files: ReadonlySet<string>,
  found: readonly WhisperVariants[],
  where: string,
): LinguluError {
  const layouts = Object.values(WHISPER_LAYOUTS)
  const halves = found.filter(({encoders, decoders}) => encoders.size + decoders.size > 0)
  if (halves.length === 0) return missingPart(files, where, unique(layouts.map(({encoder}) => encoder)))
  const wanted = halves.map(({layout, encoders}) => WHISPER_LAYOUTS[layout][encoders.size > 0 ? 'decoder' : 'encoder'])
  return missingPart(files, where, unique(wanted))
}

function unique(alternatives: readonly (readonly string[])[]): readonly (readonly string[])[] {
  return alternatives.filter((one, index) => alternatives.findIndex(other => other[0] === one[0]) === index)
}

/** @param alternatives stems of files that were looked for; one of the sets must be whole. */
function missingPart(
  files: ReadonlySet<string>,
  where: string,
  alternatives: readonly (readonly string[])[],
): LinguluError {
  const wanted = alternatives.map(stems => stems.map(stem => `${stem}.onnx`).join(' with ')).join(', or ')
  const found = [...files].filter(file => file.endsWith('.onnx')).sort()
  if (found.length === 0)
    return new LinguluError('MODEL_INVALID', `${where} has no ONNX files.`, {hint: withoutOnnx(files)})
  return new LinguluError('MODEL_INVALID', `${where} has no ${wanted}, in onnx/ or beside config.json.`, {
    hint: `The ONNX files there are ${found.join(', ')}. Other names are not known to lingulu, and both parts must be of one layout.`,
  })
}

/** What to do with a folder that has weights, but not as ONNX. */
function withoutOnnx(files: ReadonlySet<string>): string {
  const has = (pattern: RegExp) => [...files].some(file => pattern.test(file))
  if (has(/\.safetensors$/)) return 'It has model.safetensors: `lingulu export` makes the ONNX files from it.'
  if (has(/\.gguf$|^ggml.*\.bin$/))
    return 'It holds GGML weights (whisper.cpp), which lingulu cannot read: take an ONNX export.'
  if (has(/\.(?:bin|pt|pth|h5|msgpack)$/))
    return 'It has weights of PyTorch, TensorFlow or Flax only, which lingulu does not open: take an ONNX export, or a copy with model.safetensors for `lingulu export`.'
  return 'Take an ONNX export of the model: `lingulu models list` names some.'
}

function onePartOnly(where: string): LinguluError {
  return new LinguluError('USAGE', `${where} is a CTC model: it has one part and one precision.`, {
    hint: 'Give --precision a single value.',
  })
}
