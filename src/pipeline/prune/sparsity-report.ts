import {z} from 'zod'

const Count = z.int().min(0)

const LayerReport = z.strictObject({
  node: z.string().describe('The first that reads the weights.'),
  weight: z.string(),
  shapeBefore: z.array(Count),
  shape: z.array(Count),
  zerosBefore: Count,
  zeros: Count,
  groups: Count.describe('Of the n:m pattern.'),
  violations: Count.describe('Groups with more than n weights that are not zero.'),
  operationsBefore: Count.describe('Multiplications and additions for one position.'),
  operations: Count,
  neededOperations: Count.describe('Without those by zero.'),
})
export type LayerReport = Readonly<z.infer<typeof LayerReport>>

/** What pruning made of one ONNX file. */
export const SparsityReport = z.strictObject({
  method: z.string(),
  pattern: z.string().describe('The n:m pattern that violations are counted of.'),
  parametersBefore: Count,
  parameters: Count,
  layers: z.array(LayerReport),
  removed: z.array(z.strictObject({name: z.string(), kind: z.enum(['heads', 'ffn']), before: Count, after: Count})),
  skipped: z.array(z.strictObject({name: z.string(), reason: z.string()})),
})
export type SparsityReport = Readonly<z.infer<typeof SparsityReport>>

/** Sums over the layers. */
export function totalOf(layers: readonly LayerReport[]) {
  const sum = (value: (layer: LayerReport) => number) => layers.reduce((total, layer) => total + value(layer), 0)
  return {
    weightsBefore: sum(({shapeBefore}) => elements(shapeBefore)),
    weights: sum(({shape}) => elements(shape)),
    zeros: sum(({zeros}) => zeros),
    groups: sum(({groups}) => groups),
    violations: sum(({violations}) => violations),
    operationsBefore: sum(({operationsBefore}) => operationsBefore),
    operations: sum(({operations}) => operations),
    neededOperations: sum(({neededOperations}) => neededOperations),
  }
}

export const elements = (shape: readonly number[]): number => shape.reduce((product, size) => product * size, 1)
