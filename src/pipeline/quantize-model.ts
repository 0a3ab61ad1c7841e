import {LinguluError} from './errors.js'
import type {PrecisionChoice} from './models/model-folder.js'
import {findModelSource} from './models/model-source.js'
import {deviceNotes} from './quantize/device-notes.js'
import {type MeasuringOptions, quantizeMeasured} from './quantize/measured-folder.js'
import {type PlannedFile, planQuantization, type QuantizationPlan} from './quantize/plan-quantization.js'
import {PRESET_NAMES, type PresetName, recipeOf} from './quantize/presets.js'
import type {QuantizationReport} from './quantize/quantization-report.js'
import type {ChangedFile, QuantizeEvent} from './quantize/quantize-events.js'
import {type QuantizedFile, quantizeFolder} from './quantize/quantize-folder.js'
import {type ModelRecipe, narrowed, type QuantizationMethod} from './quantize/recipes.js'
import {streamEvents} from './runtime/event-stream.js'
import type {Device} from './runtime/session.js'
import type {TransformedFolder} from './tools/transform-folder.js'
import {withScratchFolder} from './transcripts/draft-folder.js'
import {refuseExisting} from './transcripts/refuse-existing.js'

export interface QuantizeModelOptions {
  /** A model folder, an ONNX file, or a name of the catalogue or the hub that was fetched. */
  readonly model: string
  /** The folder to be made, which must not be there. */
  readonly out: string
  /** Steps, a method for all parts of the model, or a preset. */
  readonly recipe: ModelRecipe | QuantizationMethod | PresetName
  /** Of all steps: only nodes that one of these patterns matches. */
  readonly include?: readonly string[] | undefined
  /** Of all steps: not nodes that one of these patterns matches. */
  readonly exclude?: readonly string[] | undefined
  /** Which of the folder's ONNX files. Default `auto`: fp32. */
  readonly precision?: PrecisionChoice | undefined
  /** Recordings to calibrate and to measure with. Without them sizes are all that is told. */
  readonly data?: MeasuringOptions | undefined
  /** What the model is for: notes tell of what does not suit it, and speed and accuracy are measured there (default: CPU). */
  readonly device?: Device | undefined
  readonly threads?: number | undefined
}

/**
 * Makes a quantized copy of a model: its ONNX files by the recipe, named as Hugging Face names them, its other files as
 * they are, and `lingulu.json`, which says what was done; where data are given also what it cost (`quantization.md` and
 * `quantization.json`). Each file is made by `onnx-quantize` in a process of its own, and loaded before the folder gets
 * its name; until then nothing is there.
 *
 * @throws LinguluError OUTPUT_EXISTS, OUTPUT_FAILED, MODEL_MISSING, MODEL_INVALID, WORKER_CRASHED; OPTION_UNSUPPORTED for
 *   what has no effect on any file; GATE_FAILED for a budget that cannot be met; what evaluating throws; the signal's reason
 */
export function quantizeModel(
  options: QuantizeModelOptions,
  {signal}: {readonly signal?: AbortSignal | undefined} = {},
): AsyncGenerator<QuantizeEvent> {
  return streamEvents<QuantizeEvent>(async (emit, abort) => run(options, emit, abort.signal), signal)
}

type Emit = (event: QuantizeEvent) => void

async function run(options: QuantizeModelOptions, emit: Emit, signal: AbortSignal): Promise<void> {
  const {model, out, recipe, precision = 'auto', data, device} = options
  await refuseExisting(out)
  const calibrated = data !== undefined
  const wanted = narrowed(typeof recipe === 'string' ? recipeOf(recipe, {calibrated}) : recipe, options)
  const plan = await planQuantization(await findModelSource(model, precision), precision, wanted)
  if (!calibrated) refuseWithoutData(plan.files)
  emit({type: 'start', model: plan.from, files: plan.files.map(toStarted)})
  for (const message of deviceNotes(plan.files, device)) emit({type: 'note', message})
  const lenient = PRESET_NAMES.some(name => name === recipe)
  const {include, exclude} = options
  const work = {plan, lenient, patterns: {include, exclude}, signal, ...heard(emit)}
  if (data === undefined) {
    const made = await quantizeFolder(plan, {...work, to: out})
    finish(made, made.files, undefined, emit)
    return
  }
  await withScratchFolder(out, async scratch => {
    const made = await quantizeMeasured({...options, data, ...work, scratch, emit})
    finish(made, made.files, made.report, emit)
  })
}

const toStarted = ({name, targetName, part, steps}: PlannedFile) => ({
  source: name,
  target: targetName,
  part,
  methods: steps.map(({method}) => method),
})

const toChanged = ({source, target, nodes, sourceBytes, bytes}: QuantizedFile): ChangedFile => ({
  source,
  target,
  nodes: nodes.length,
  sourceBytes,
  targetBytes: bytes,
})

function heard(emit: Emit) {
  return {
    onProgress: (source: string, fraction: number) => emit({type: 'progress', source, fraction}),
    onFile: (file: QuantizedFile) => emit({type: 'model', ...toChanged(file)}),
  }
}

function finish(
  {folder, record, sourceBytes, targetBytes}: TransformedFolder,
  files: readonly QuantizedFile[],
  report: QuantizationReport | undefined,
  emit: Emit,
): void {
  for (const {source, nodes, bytes, sourceBytes: before} of files)
    if (nodes.length > 0 && bytes >= before)
      emit({type: 'note', message: `${source} did not become smaller: ${before} bytes before, ${bytes} now.`})
  emit({type: 'done', folder, sourceBytes, targetBytes, files: files.map(toChanged), record, report})
}

function refuseWithoutData(files: QuantizationPlan['files']): void {
  const file = files.find(({steps}) => steps.some(({method}) => method === 'static-int8'))
  if (file === undefined) return
  throw new LinguluError('OPTION_UNSUPPORTED', `static-int8 needs recordings to calibrate ${file.name} with.`, {
    hint: 'Give a manifest or a data set with --data.',
  })
}
