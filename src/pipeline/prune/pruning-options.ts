import {z} from 'zod'
import {LinguluError} from '../errors.js'
import {parseNOfM} from '../onnx/prune/n-of-m.js'
import type {ChannelTarget} from '../onnx/prune/prune-channels.js'

/** How a model is pruned, in the words of the flags; the same for the tool and for the command. */
export const PruningOptions = z.strictObject({
  method: z.string(),
  amount: z.number().optional(),
  scope: z.enum(['layer', 'global']).optional(),
  targets: z.array(z.enum(['heads', 'ffn'])).optional(),
  multiple: z.int().min(1).optional(),
  by: z.enum(['l1', 'activation']).optional(),
  include: z.array(z.string()).optional(),
  exclude: z.array(z.string()).optional(),
  nodes: z.array(z.string()).optional(),
})
export type PruningOptions = Readonly<z.infer<typeof PruningOptions>>

export type Pruning =
  | {readonly method: 'l1'; readonly amount: number; readonly scope: 'layer' | 'global'}
  | {readonly method: 'n:m'; readonly n: number; readonly m: number}
  | {
      readonly method: 'structured'
      readonly amount: number
      readonly scope: 'layer' | 'global'
      readonly targets: readonly ChannelTarget[]
      readonly multiple: number
      readonly by: 'l1' | 'activation'
    }

/**
 * Checks that the options make sense together.
 *
 * @throws LinguluError USAGE
 */
export function toPruning(options: PruningOptions): Pruning {
  const {method, scope = 'layer', targets = ['heads', 'ffn'], multiple = 8, by = 'l1'} = options
  if (method === 'structured') return {method, amount: amountOf(options), scope, targets, multiple, by}
  for (const name of ['targets', 'multiple', 'by'] as const)
    if (options[name] !== undefined) throw usage(`--${name} goes with --method structured only.`)
  if (method === 'l1') return {method, amount: amountOf(options), scope}
  if (!/^\d+:\d+$/.test(method))
    throw usage(`There is no method ${JSON.stringify(method)}: it is l1, structured, or a pattern n:m such as 2:4.`)
  for (const name of ['amount', 'scope'] as const)
    if (options[name] !== undefined)
      throw usage(`--${name} is no matter of ${method}: the pattern says how much stays.`)
  return {method: 'n:m', ...parseNOfM(method)}
}

function amountOf({amount, method}: PruningOptions): number {
  if (amount === undefined) throw usage(`--method ${method} needs --amount, the part to be removed: 0.5 is half.`)
  if (amount > 0 && amount <= 1) return amount
  throw usage(`--amount is more than 0 and at most 1, not ${amount}.`)
}

const usage = (message: string): LinguluError => new LinguluError('USAGE', message)
