import {rm} from 'node:fs/promises'
import {z} from 'zod'
import {LinguluError} from '../errors.js'
import type {Model} from '../onnx/model.js'
import {hasShape} from '../onnx/optimize/fix-shapes.js'
import {countNodes, optimizeGraph} from '../onnx/optimize/optimize-graph.js'
import {sharesWeights} from '../quantize/shares-weights.js'
import {ToolDone} from '../tools/tool-events.js'
import type {Tool, ToolContext, ToolValues} from '../tools/tool-main.js'
import {transformFile} from '../tools/transform-file.js'
import {withScratchFolder} from '../transcripts/draft-folder.js'
import {refuseExisting} from '../transcripts/refuse-existing.js'
import {Comparison, compareGraphs} from './compare-graphs.js'
import {fixedShapesOf, OptimizeOptions} from './optimize-options.js'

const Count = z.int().min(0)

/** The last event of `onnx-optimize`. */
export const OptimizeDone = ToolDone.extend({
  nodesBefore: Count.describe('Of all graphs of the model.'),
  nodes: Count,
  notes: z.array(z.string()).describe('What was left out, and why.'),
  fixed: z.array(z.string()).describe('Names of `--fix-shape` that the model has.'),
  comparison: Comparison,
})
export type OptimizeDone = Readonly<z.infer<typeof OptimizeDone>>

export interface OptimizeToolOptions {
  readonly input: string
  readonly output: string
  readonly options: OptimizeOptions
  readonly feeds: string | undefined
  readonly compare: boolean
  readonly lenient: boolean
  readonly externalDataBytes: number | undefined
}

const HELP = `onnx-optimize: makes an ONNX graph smaller and quicker, with the same outputs. Reads one file, writes one; needs
no Python.

Usage: onnx-optimize IN.onnx --out OUT.onnx [options]

  -o, --out FILE             The file to write. It must not be there.
      --level LEVEL          ONNX Runtime's own optimisations: basic (the default) keeps to operators of ONNX, extended
                             adds ONNX Runtime's own, none leaves them out.
      --[no-]fold-constants  Default: yes. No leaves constant expressions to each loading.
      --fix-shape NAME=SIZES Sizes of an input (input_features=1,80,3000) or of a dimension (batch_size=1).
                             May be repeated.
      --float16-io           Inputs and outputs of float32 become float16.
      --feeds FILE           Recorded inputs to compare outputs on: safetensors, tensors named SAMPLE/INPUT. Default:
                             made-up ones.
      --[no-]compare         Compare the outputs before and after. Default: yes.
      --lenient              Names of --fix-shape that the model does not have are no error.
      --external-data-bytes N  More bytes of weights than this go to a file beside. Default: 1000000000.
  -h, --help                 Print this.
  -V, --version              Print the version.

Prints one JSON document a line: start, progress, note, done or error. Exit codes: 0 done, 1 a bug, 2 wrong usage,
3 the file cannot be read or written, 5 the model cannot be used, 130 interrupted.
`

/** The program `onnx-optimize`. */
export const optimizeTool: Tool<OptimizeToolOptions> = {
  name: 'onnx-optimize',
  help: HELP,
  arguments: {
    out: {type: 'string', short: 'o'},
    level: {type: 'string'},
    'fold-constants': {type: 'boolean'},
    'fix-shape': {type: 'string', multiple: true},
    'float16-io': {type: 'boolean'},
    feeds: {type: 'string'},
    compare: {type: 'boolean'},
    lenient: {type: 'boolean'},
    'external-data-bytes': {type: 'string'},
  },
  parse,
  run,
}

const Flags = z.strictObject({
  out: z.string({error: 'Give the file to write.'}),
  level: OptimizeOptions.shape.level,
  'fold-constants': z.boolean().default(true),
  'fix-shape': OptimizeOptions.shape.fixShape,
  'float16-io': z.boolean().default(false),
  feeds: z.string().optional(),
  compare: z.boolean().default(true),
  lenient: z.boolean().default(false),
  'external-data-bytes': z.string().transform(Number).pipe(z.int().min(0)).optional(),
})

function parse(values: ToolValues, positionals: readonly string[]): OptimizeToolOptions {
  const [input, ...more] = positionals
  if (input === undefined || more.length > 0) throw usage(`It takes one ONNX file, not ${positionals.length}.`)
  const flags = Flags.safeParse({...values})
  if (!flags.success)
    throw usage(flags.error.issues.map(({path, message}) => `--${path.join('.')}: ${message}`).join('\n'))
  const {out: output, level, feeds, lenient} = flags.data
  const options: OptimizeOptions = {
    level,
    foldConstants: flags.data['fold-constants'],
    fixShape: flags.data['fix-shape'],
    float16Io: flags.data['float16-io'],
  }
  fixedShapesOf(options)
  return {
    input,
    output,
    options,
    feeds,
    lenient,
    compare: flags.data.compare,
    externalDataBytes: flags.data['external-data-bytes'],
  }
}

function usage(message: string): LinguluError {
  return new LinguluError('USAGE', message, {hint: '`onnx-optimize --help` tells what it takes.'})
}

async function run(tool: OptimizeToolOptions, context: ToolContext): Promise<OptimizeDone> {
  const {input, output, feeds, compare} = tool
  const {signal} = context
  await refuseExisting(output)
  const done = await withScratchFolder(output, scratch => optimizeFile(tool, scratch, context))
  if (!compare) return {...done, comparison: {state: 'skipped', reason: 'it was not asked for'}}
  try {
    return {...done, comparison: await compareGraphs(input, output, {feeds, signal})}
  } catch (error) {
    for (const file of done.files) await rm(file, {force: true})
    throw error
  }
}

async function optimizeFile(
  {input, output, options, lenient, externalDataBytes}: OptimizeToolOptions,
  folder: string,
  context: ToolContext,
): Promise<Omit<OptimizeDone, 'comparison'>> {
  const {signal} = context
  return await transformFile(
    {
      input,
      output,
      externalDataBytes: (model: Model) => externalDataBytes ?? (sharesWeights(model) ? 0 : undefined),
      transform: async model => {
        const {level, foldConstants, float16Io: halfIo} = options
        const wanted = fixedShapesOf(options)
        const fixedShapes = lenient ? wanted.filter(({name}) => hasShape(model, name)) : wanted
        const made = await optimizeGraph(model, {level, foldConstants, fixedShapes, halfIo, folder, signal})
        const fixed = fixedShapes.map(({name}) => name)
        const details = {nodesBefore: countNodes(model), nodes: countNodes(made.model), notes: [...made.notes], fixed}
        return {model: made.model, details}
      },
    },
    context,
  )
}
