import {readFile} from 'node:fs/promises'
import {z} from 'zod'
import {LinguluError} from '../errors.js'
import {explainIssues} from '../explain-issues.js'
import type {Precision} from '../models/model-folder.js'
import type {ModelPart} from '../models/model-source.js'
import {INTEGER_TYPES} from '../onnx/quantize/affine.js'
import {BLOCK_SIZES} from '../onnx/quantize/blocks.js'

/** Which nodes a step changes: those of certain operators, narrowed by their names. */
const selection = {
  opTypes: z.array(z.string().min(1)).min(1).optional().describe('Operators. Default: those the method is best for.'),
  include: z
    .array(z.string())
    .optional()
    .describe('Only nodes that one of these matches; * stands for any characters.'),
  exclude: z.array(z.string()).optional().describe('Not these.'),
  nodes: z.array(z.string()).optional().describe('Only these nodes, by their exact names.'),
}

const DynamicStep = z.strictObject({
  method: z.literal('dynamic-int8'),
  ...selection,
  weightType: z.enum(INTEGER_TYPES).optional().describe('int8 (the default) has fast kernels, uint8 has none.'),
  perChannel: z.boolean().optional().describe('A scale for each column. Default: true.'),
  reduceRange: z.boolean().optional().describe('7 bits, for processors without VNNI. Default: false.'),
})

const StaticStep = z.strictObject({
  method: z.literal('static-int8'),
  ...selection,
  perChannel: z.boolean().optional().describe('A scale for each channel of the weights. Default: true.'),
  symmetric: z.boolean().optional().describe('Activations without zero points, as GPUs need it. Default: false.'),
  reduceRange: z.boolean().optional().describe('7 bits, for processors without VNNI. Default: false.'),
  calibrationMethod: z.enum(['minmax', 'percentile', 'entropy']).optional().describe('Default: minmax.'),
  percentile: z.number().gt(50).max(100).optional().describe('Of the method percentile. Default: 99.999.'),
})

const weightOptions = {
  ...selection,
  blockSize: z
    .literal(BLOCK_SIZES)
    .optional()
    .describe(
      'Values that share a scale. Default: 32 for 4 bits, 128 for 8, less where a table’s rows are no multiple.',
    ),
  symmetric: z.boolean().optional().describe('No zero points. Default: true.'),
  accuracyLevel: z
    .literal([0, 1, 2, 3, 4])
    .optional()
    .describe('4 (the default): products in int8; 1: in float32; 0: what the provider likes.'),
}
const Int8WeightsStep = z.strictObject({method: z.literal('int8-weights'), ...weightOptions})
const Int4WeightsStep = z.strictObject({method: z.literal('int4-weights'), ...weightOptions})

const Float16Step = z.strictObject({
  method: z.literal('float16'),
  ...selection,
  keepIoTypes: z.boolean().optional().describe('Inputs and outputs stay float32. Default: true.'),
})

/** One way of making nodes smaller, and the nodes. */
export const RecipeStep = z.discriminatedUnion('method', [
  DynamicStep,
  StaticStep,
  Int8WeightsStep,
  Int4WeightsStep,
  Float16Step,
])
export type RecipeStep = Readonly<z.infer<typeof RecipeStep>>
export type QuantizationMethod = RecipeStep['method']
export const METHODS = [
  'dynamic-int8',
  'static-int8',
  'int8-weights',
  'int4-weights',
  'float16',
] as const satisfies readonly QuantizationMethod[]

/** How one ONNX file is made smaller: steps in order, each changing only what no earlier one has. */
export const Recipe = z.strictObject({steps: z.array(RecipeStep).min(1)})
export type Recipe = {readonly steps: readonly RecipeStep[]}

const Steps = z.array(RecipeStep)

/** How a model is made smaller. */
export const ModelRecipe = z
  .strictObject({
    steps: Steps.optional().describe(
      'Of the parts that have none of their own. Without any, such a part stays as it is.',
    ),
    encoder: Steps.optional().describe('Of Whisper’s encoder; [] leaves it as it is.'),
    decoder: Steps.optional().describe('Of Whisper’s decoder.'),
    model: Steps.optional().describe('Of models with one part, as CTC models are.'),
  })
  .refine(recipe => Object.values(recipe).some(steps => (steps?.length ?? 0) > 0), 'It has no steps.')
export type ModelRecipe = {readonly [Key in 'steps' | ModelPart]?: readonly RecipeStep[] | undefined}

/** The steps for a part of a model; none where it stays as it is. */
export function stepsOf(recipe: ModelRecipe, part: ModelPart): readonly RecipeStep[] {
  return recipe[part] ?? recipe.steps ?? []
}

/** A recipe whose steps all leave out what these patterns say. */
export function narrowed(
  recipe: ModelRecipe,
  {
    include,
    exclude,
  }: {readonly include?: readonly string[] | undefined; readonly exclude?: readonly string[] | undefined},
): ModelRecipe {
  if ((include ?? []).length + (exclude ?? []).length === 0) return recipe
  const narrow = (steps: readonly RecipeStep[]): readonly RecipeStep[] =>
    steps.map(step => ({
      ...step,
      ...(include === undefined ? {} : {include: [...include]}),
      exclude: [...(step.exclude ?? []), ...(exclude ?? [])],
    }))
  const entries = Object.entries(recipe).map(([key, steps]) => [key, steps && narrow(steps)])
  return Object.fromEntries(entries)
}

/** The precision that steps give, which names the files; undefined where there are none. */
export function precisionOf(steps: readonly RecipeStep[]): Precision | undefined {
  const has = (method: QuantizationMethod) => steps.some(step => step.method === method)
  const integers = steps.find(step => step.method === 'dynamic-int8' || step.method === 'static-int8')
  if (integers !== undefined) return integers.method === 'dynamic-int8' ? (integers.weightType ?? 'int8') : 'int8'
  if (has('int4-weights')) return has('float16') ? 'q4f16' : 'q4'
  if (has('int8-weights')) return 'w8'
  return has('float16') ? 'fp16' : undefined
}

/** @throws LinguluError CONFIG_INVALID with what is wrong where */
export function parseRecipe<Schema extends z.ZodType>(schema: Schema, text: string, where: string): z.output<Schema> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw new LinguluError('CONFIG_INVALID', `${where} is not JSON: ${cause instanceof Error ? cause.message : cause}`)
  }
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  throw new LinguluError('CONFIG_INVALID', `${where}\n${explainIssues(parsed.error)}`, {
    hint: 'docs/quantize.md tells what a recipe may have.',
  })
}

/** @throws LinguluError CONFIG_INVALID; INPUT_MISSING */
export async function readRecipe<Schema extends z.ZodType>(schema: Schema, path: string): Promise<z.output<Schema>> {
  const text = await readFile(path, 'utf8').catch(cause => {
    throw new LinguluError('INPUT_MISSING', `The recipe ${path} cannot be read.`, {cause})
  })
  return parseRecipe(schema, text, path)
}
