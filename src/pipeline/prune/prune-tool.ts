import {z} from 'zod'
import {LinguluError} from '../errors.js'
import type {Model} from '../onnx/model.js'
import {sharesWeights} from '../quantize/shares-weights.js'
import {ToolDone} from '../tools/tool-events.js'
import type {Tool, ToolContext, ToolValues} from '../tools/tool-main.js'
import {transformFile} from '../tools/transform-file.js'
import {measureActivations} from './measure-activations.js'
import {pruneGraph, unmatchedNames} from './prune-graph.js'
import {type Pruning, PruningOptions, toPruning} from './pruning-options.js'
import {SparsityReport} from './sparsity-report.js'

/** The last event of `onnx-prune`. */
export const PruneDone = ToolDone.extend({
  report: SparsityReport,
  unmatched: z
    .array(z.strictObject({key: z.string(), message: z.string(), hint: z.string().optional()}))
    .describe('Names and patterns that no node has, with `--lenient`.'),
})
export type PruneDone = Readonly<z.infer<typeof PruneDone>>

export interface PruneToolOptions {
  readonly input: string
  readonly output: string
  readonly pruning: Pruning
  readonly selection: Pick<PruningOptions, 'include' | 'exclude' | 'nodes'>
  readonly feeds: string | undefined
  readonly lenient: boolean
  readonly externalDataBytes: number | undefined
}

const HELP = `onnx-prune: removes weights of an ONNX model. Reads one file, writes one; needs no Python.

Usage: onnx-prune IN.onnx --out OUT.onnx --method l1|structured|N:M [options]

  -o, --out FILE             The file to write. It must not be there.
  -m, --method METHOD        l1: the smallest weights become zero. 2:4 (or any N:M): of each M weights along the
                             inputs, N stay. structured: whole neurons and heads go, and the model becomes smaller.
      --amount PART          l1 and structured: the part to be removed, more than 0 and at most 1.
      --scope SCOPE          That part of each layer (the default), or of all together: layer, global.
      --feeds FILE           What the model is given, for --by activation: safetensors, tensors named SAMPLE/INPUT.
      --lenient              That nothing is to be pruned, and names that no node has, are no error.
      --external-data-bytes N  More bytes of weights than this go to a file beside. Default: 1000000000.
  -h, --help                 Print this.
  -V, --version              Print the version.

Structured:
      --targets A,B          heads, ffn. Default: both.
      --by MEASURE           l1: mean magnitude of the weights (the default). activation: of what they compute.
      --multiple N           So many neurons stay, or a multiple. Default: 8.

Which nodes:
      --include PATTERN      Only nodes whose name matches; * stands for any characters. May be repeated.
      --exclude PATTERN      Not nodes whose name matches. May be repeated.
      --nodes NAME           Only this node, by its exact name. May be repeated.

Prints one JSON document a line: start, progress, done or error; done has the sparsity report. Exit codes: 0 done,
1 a bug, 2 wrong usage or nothing to prune, 3 the file cannot be read or written, 5 the model cannot be used,
130 interrupted.
`

/** The program `onnx-prune`. */
export const pruneTool: Tool<PruneToolOptions> = {
  name: 'onnx-prune',
  help: HELP,
  arguments: {
    out: {type: 'string', short: 'o'},
    method: {type: 'string', short: 'm'},
    amount: {type: 'string'},
    scope: {type: 'string'},
    targets: {type: 'string'},
    multiple: {type: 'string'},
    by: {type: 'string'},
    feeds: {type: 'string'},
    lenient: {type: 'boolean'},
    include: {type: 'string', multiple: true},
    exclude: {type: 'string', multiple: true},
    nodes: {type: 'string', multiple: true},
    'external-data-bytes': {type: 'string'},
  },
  parse,
  run,
}

const number = z.string().trim().min(1).transform(Number).pipe(z.number())

const Flags = PruningOptions.extend({
  out: z.string({error: 'Give the file to write.'}),
  method: z.string({error: 'Give l1, structured, or a pattern such as 2:4.'}),
  amount: number.optional(),
  multiple: number.pipe(z.int().min(1)).optional(),
  targets: z
    .string()
    .transform(text => text.split(','))
    .pipe(PruningOptions.shape.targets.unwrap())
    .optional(),
  feeds: z.string().optional(),
  lenient: z.boolean().default(false),
  'external-data-bytes': number.pipe(z.int().min(0)).optional(),
})

function parse(values: ToolValues, positionals: readonly string[]): PruneToolOptions {
  const [input, ...more] = positionals
  if (input === undefined || more.length > 0) throw usage(`It takes one ONNX file, not ${positionals.length}.`)
  const flags = Flags.safeParse({...values})
  if (!flags.success)
    throw usage(flags.error.issues.map(({path, message}) => `--${path.join('.')}: ${message}`).join('\n'))
  const {out: output, feeds, lenient, 'external-data-bytes': externalDataBytes, ...options} = flags.data
  const pruning = toPruning(options)
  if (pruning.method === 'structured' && pruning.by === 'activation' && feeds === undefined)
    throw usage('--by activation needs --feeds: what the model is given.')
  const {include, exclude, nodes} = options
  return {input, output, pruning, selection: {include, exclude, nodes}, feeds, lenient, externalDataBytes}
}

function usage(message: string): LinguluError {
  return new LinguluError('USAGE', message, {hint: '`onnx-prune --help` tells what it takes.'})
}

async function run(options: PruneToolOptions, context: ToolContext): Promise<PruneDone> {
  const {input, output, pruning, selection, feeds, lenient, externalDataBytes} = options
  const {signal} = context
  const byActivation = pruning.method === 'structured' && pruning.by === 'activation'
  return await transformFile(
    {
      input,
      output,
      externalDataBytes: (model: Model) => externalDataBytes ?? (sharesWeights(model) ? 0 : undefined),
      transform: async model => {
        const made = await pruneGraph(model, {
          pruning,
          selection,
          measure:
            byActivation && feeds !== undefined
              ? (exposed, groups) => measureActivations(exposed, groups, feeds, signal)
              : undefined,
          lenient,
          signal,
        })
        return {model: made.model, details: {report: made.report, unmatched: [...unmatchedNames(model, selection)]}}
      },
    },
    context,
  )
}
