import {text} from 'node:stream/consumers'
import {z} from 'zod'
import {LinguluError} from '../errors.js'
import type {Model} from '../onnx/model.js'
import {ToolDone} from '../tools/tool-events.js'
import type {Tool, ToolContext, ToolValues} from '../tools/tool-main.js'
import {transformFile} from '../tools/transform-file.js'
import {applyRecipe} from './apply-recipe.js'
import {METHODS, parseRecipe, Recipe, readRecipe} from './recipes.js'
import {sharesWeights} from './shares-weights.js'
import {givenStepFlag, recipeOfFlags, STEP_ARGUMENTS} from './step-flags.js'
import type {StepProblem} from './step-problems.js'

/** The last event of `onnx-quantize`. */
export const QuantizeDone = ToolDone.extend({
  nodes: z
    .array(
      z.strictObject({
        name: z.string(),
        opType: z.string(),
        method: z.enum(METHODS),
        step: z.int().min(0).describe('Which of the recipe’s, from 0.'),
        weight: z.string().optional(),
      }),
    )
    .describe('Those that were changed, step by step.'),
  problems: z
    .array(z.strictObject({key: z.string(), message: z.string(), hint: z.string().optional()}))
    .describe('What had no effect, with `--lenient`.'),
})
export type QuantizeDone = Readonly<z.infer<typeof QuantizeDone>>

export interface QuantizeToolOptions {
  readonly input: string
  readonly output: string
  readonly recipe: Recipe
  readonly lenient: boolean
  readonly calibration: string | undefined
  readonly externalDataBytes: number | undefined
}

const HELP = `onnx-quantize: makes an ONNX model smaller. Reads one file, writes one; needs no Python.

Usage: onnx-quantize IN.onnx --out OUT.onnx --method METHOD [options]
       onnx-quantize IN.onnx --out OUT.onnx --recipe FILE

  -o, --out FILE             The file to write. It must not be there.
  -m, --method METHOD        ${METHODS.join(', ')}.
      --recipe FILE          Steps as JSON, {"steps": [{"method": …}, …]}; - reads stdin.
      --calibration FILE     What the model is fed, for static-int8: safetensors with tensors named SAMPLE/INPUT.
      --lenient              Steps and names that have no effect are told of, and are no error.
      --external-data-bytes N  More bytes of weights than this go to a file beside. Default: 1000000000.
  -h, --help                 Print this.
  -V, --version              Print the version.

Which nodes:
      --op-types A,B         Operators. Default: those the method is best for.
      --include PATTERN      Only nodes whose name matches; * stands for any characters. May be repeated.
      --exclude PATTERN      Not nodes whose name matches. May be repeated.
      --nodes NAME           Only this node, by its exact name. May be repeated.

How:
      --[no-]per-channel     int8: a scale for each channel of the weights. Default: yes.
      --[no-]symmetric       Without zero points: of blocks (default: yes), of activations (default: no).
      --reduce-range         int8: 7 bits, for processors without VNNI.
      --weight-type TYPE     dynamic-int8: int8 (default) or uint8.
      --block-size N         Weights: values that share a scale, 16 to 256. Default: 32 for 4 bits, 128 for 8.
      --accuracy-level N     Weights: 0 to 4. Default: 4, products in int8.
      --no-keep-io-types     float16: inputs and outputs become float16 too.
      --calibration-method METHOD  static-int8: minmax (default), percentile, entropy.
      --percentile P         Of the method percentile. Default: 99.999.

Prints one JSON document a line: start, progress, done or error. Exit codes: 0 done, 1 a bug, 2 wrong usage,
3 the file cannot be read or written, 5 the model cannot be used, 130 interrupted.
`

/** The program `onnx-quantize`. */
export const quantizeTool: Tool<QuantizeToolOptions> = {
  name: 'onnx-quantize',
  help: HELP,
  arguments: {
    out: {type: 'string', short: 'o'},
    recipe: {type: 'string'},
    calibration: {type: 'string'},
    lenient: {type: 'boolean'},
    'external-data-bytes': {type: 'string'},
    ...STEP_ARGUMENTS,
  },
  parse: parseFlags,
  run,
}

/** The flags that are no part of a step. */
const Flags = z.object({
  out: z.string({error: 'Give the file to write.'}),
  recipe: z.string().optional(),
  lenient: z.boolean().default(false),
  calibration: z.string().optional(),
  'external-data-bytes': z.coerce.number().pipe(z.int().min(0)).optional(),
})

async function parseFlags(values: ToolValues, positionals: readonly string[]): Promise<QuantizeToolOptions> {
  const [input, ...more] = positionals
  if (input === undefined || more.length > 0) throw usage(`It takes one ONNX file, not ${positionals.length}.`)
  const flags = Flags.safeParse(values)
  if (!flags.success)
    throw usage(flags.error.issues.map(({path, message}) => `--${path.join('')}: ${message}`).join('\n'))
  const {out: output, lenient, calibration, 'external-data-bytes': externalDataBytes} = flags.data
  const recipe = await readSteps(values, flags.data.recipe)
  return {input, output, lenient, calibration, externalDataBytes, recipe}
}

async function readSteps(values: ToolValues, path: string | undefined): Promise<Recipe> {
  const extra = givenStepFlag(values)
  if (path === undefined) {
    if (values.method === undefined) throw usage('Give --method or --recipe.')
    return recipeOfFlags(values)
  }
  if (extra !== undefined) throw usage(`--${extra} and --recipe: give it in the recipe.`)
  if (path !== '-') return await readRecipe(Recipe, path)
  return parseRecipe(Recipe, await text(process.stdin), 'The recipe on stdin')
}

function usage(message: string): LinguluError {
  return new LinguluError('USAGE', message, {hint: '`onnx-quantize --help` tells what it takes.'})
}

async function run(
  {input, output, recipe, lenient, calibration, externalDataBytes}: QuantizeToolOptions,
  context: ToolContext,
): Promise<QuantizeDone> {
  const problems: StepProblem[] = []
  const onProblem = lenient ? (problem: StepProblem) => problems.push(problem) : undefined
  return await transformFile(
    {
      input,
      output,
      externalDataBytes: (model: Model) => externalDataBytes ?? (sharesWeights(model) ? 0 : undefined),
      transform: async (model, advance) => {
        const onProgress = (fraction: number) => advance(CALIBRATION_PART * fraction)
        const {signal} = context
        const quantizeStatic =
          calibration === undefined
            ? undefined
            : (await import('./static-quantizer.js')).createStaticQuantizer({
                original: model,
                calibration,
                signal,
                onProgress,
              })
        const made = await applyRecipe(model, recipe, {quantizeStatic, onProblem})
        return {model: made.model, details: {nodes: [...made.nodes], problems}}
      },
    },
    context,
  )
}

/** Of the time before the model is written. */
const CALIBRATION_PART = 0.9
