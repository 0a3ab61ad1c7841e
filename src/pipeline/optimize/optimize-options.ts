import {z} from 'zod'
import {LinguluError} from '../errors.js'
import {type FixedShape, parseFixedShape} from '../onnx/optimize/fix-shapes.js'
import {RUNTIME_LEVELS} from '../onnx/optimize/runtime-optimize.js'

export const OPTIMIZE_LEVELS = [...RUNTIME_LEVELS, 'none'] as const

/** How a graph is optimised, in the words of the flags; the same for the tool and for the command. */
export const OptimizeOptions = z.strictObject({
  level: z.enum(OPTIMIZE_LEVELS).default('basic'),
  foldConstants: z.boolean().default(true),
  /** As `--fix-shape` takes them. */
  fixShape: z.array(z.string()).default([]),
  float16Io: z.boolean().default(false),
})
export type OptimizeOptions = Readonly<z.infer<typeof OptimizeOptions>>

/** @throws LinguluError USAGE */
export function fixedShapesOf({fixShape}: Pick<OptimizeOptions, 'fixShape'>): FixedShape[] {
  const shapes = fixShape.map(parseFixedShape)
  const twice = shapes.find(({name}, index) => shapes.findIndex(other => other.name === name) !== index)
  if (twice !== undefined) throw new LinguluError('USAGE', `--fix-shape gives ${twice.name} twice.`)
  return shapes
}
