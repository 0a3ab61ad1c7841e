import {LinguluError} from '../errors.js'
import {PRECISIONS, type Precision, type PrecisionChoice, type PrecisionLabel} from './model-folder.js'
import {PRECISION_SUFFIX, precisionLabel} from './precision.js'

/** The ONNX files of one model in one precision, relative to the model folder, with `/`. */
export type OnnxFiles =
  | {
      readonly kind: 'whisper'
      readonly precision: PrecisionLabel
      readonly encoder: string
      /** One file (merged) or two (first step, later steps). */
      readonly decoder: readonly string[]
    }
  | {readonly kind: 'ctc'; readonly precision: PrecisionLabel; readonly model: string}

export type ModelKind = OnnxFiles['kind']

/** One part of a model: the ONNX files that make it up, by precision. */
type Variants = ReadonlyMap<Precision, readonly string[]>

/** Each part may be laid out in several ways, best first; all stems of a layout must be there. */
const LAYOUTS = {
  encoder: [['encoder_model']],
  decoder: [['decoder_model_merged'], ['decoder_model', 'decoder_with_past_model']],
  model: [['model']],
} as const

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
  if (kind === 'ctc') {
    if (typeof choice === 'object') throw onePartOnly(where)
    const variants = findVariants('model', files)
    requirePart('model', variants, files, where)
    const precision = pick([variants], choice, where)
    return {kind, precision, model: pathsOf(variants, precision, 'model', where)[0] as string}
  }
  const encoders = findVariants('encoder', files)
  const decoders = findVariants('decoder', files)
  requirePart('encoder', encoders, files, where)
  requirePart('decoder', decoders, files, where)
  const {encoder, decoder} = pickBoth(encoders, decoders, choice, where)
  return {
    kind,
    precision: precisionLabel(encoder, decoder),
    encoder: pathsOf(encoders, encoder, 'encoder', where)[0] as string,
    decoder: pathsOf(decoders, decoder, 'decoder', where),
  }
}

/** The precisions every part of the model exists in. */
export function availablePrecisions(kind: ModelKind, files: ReadonlySet<string>): readonly Precision[] {
  const parts = kind === 'ctc' ? (['model'] as const) : (['encoder', 'decoder'] as const)
  return common(parts.map(part => findVariants(part, files)))
}

/** All files of a choice. */
export function onnxPaths(files: OnnxFiles): readonly string[] {
  return files.kind === 'ctc' ? [files.model] : [files.encoder, ...files.decoder]
}

function findVariants(part: keyof typeof LAYOUTS, files: ReadonlySet<string>): Variants {
  const variants = new Map<Precision, readonly string[]>()
  for (const precision of PRECISIONS) {
    for (const folder of ['onnx/', '']) {
      for (const stems of LAYOUTS[part]) {
        const paths = stems.map(stem => `${folder}${stem}${PRECISION_SUFFIX[precision]}.onnx`)
        if (!variants.has(precision) && paths.every(path => files.has(path))) variants.set(precision, paths)
      }
    }
  }
  return variants
}

function pickBoth(encoders: Variants, decoders: Variants, choice: PrecisionChoice, where: string) {
  if (typeof choice === 'object') return choice
  if (choice === 'auto' && common([encoders, decoders]).length === 0)
    return {encoder: pick([encoders], choice, where), decoder: pick([decoders], choice, where)}
  const precision = pick([encoders, decoders], choice, where)
  return {encoder: precision, decoder: precision}
}

function pick(parts: readonly Variants[], choice: 'auto' | Precision, where: string): Precision {
  if (choice !== 'auto') return choice
  const [first, ...more] = common(parts)
  if (first === 'fp32' || (first !== undefined && more.length === 0)) return first
  throw new LinguluError('MODEL_INVALID', `${where} has no fp32 weights, but ${[first, ...more].join(', ')}.`, {
    hint: 'Choose one with --precision.',
  })
}

function common([first, ...others]: readonly Variants[]): readonly Precision[] {
  return [...(first?.keys() ?? [])].filter(precision => others.every(other => other.has(precision)))
}

function pathsOf(variants: Variants, precision: Precision, part: keyof typeof LAYOUTS, where: string) {
  const paths = variants.get(precision)
  if (paths !== undefined) return paths
  const name = `${LAYOUTS[part][0][0]}${PRECISION_SUFFIX[precision]}.onnx`
  throw new LinguluError('MODEL_INVALID', `${where} has no ${part} in ${precision} (${name}).`, {
    hint: `It is there in ${[...variants.keys()].join(', ')}: choose one with --precision.`,
  })
}

function requirePart(part: keyof typeof LAYOUTS, variants: Variants, files: ReadonlySet<string>, where: string): void {
  if (variants.size > 0) return
  const wanted = LAYOUTS[part].map(stems => stems.map(stem => `${stem}.onnx`).join(' with ')).join(', or ')
  const found = [...files].filter(file => file.endsWith('.onnx')).sort()
  if (found.length === 0)
    throw new LinguluError('MODEL_INVALID', `${where} has no ONNX files.`, {hint: withoutOnnx(files)})
  throw new LinguluError('MODEL_INVALID', `${where} has no ${wanted}, in onnx/ or beside config.json.`, {
    hint: `The ONNX files there are ${found.join(', ')}. Other names are not known to lingulu.`,
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
