import type {ParseArgsConfig} from 'node:util'
import {LinguluError} from '../errors.js'
import type {ToolValues} from '../tools/tool-main.js'
import {METHODS, Recipe} from './recipes.js'

type Flag = NonNullable<ParseArgsConfig['options']>[string] & {
  /** Of the step in the recipe. */
  readonly key: string
  readonly read?: (value: string) => unknown
}

const separated = (value: string) => value.split(',').map(part => part.trim())

/** The flags of `onnx-quantize` that make a recipe of one step, and what they are called there. */
const STEP_FLAGS: Readonly<Record<string, Flag>> = {
  method: {type: 'string', short: 'm', key: 'method'},
  'op-types': {type: 'string', key: 'opTypes', read: separated},
  include: {type: 'string', multiple: true, key: 'include'},
  exclude: {type: 'string', multiple: true, key: 'exclude'},
  nodes: {type: 'string', multiple: true, key: 'nodes'},
  'per-channel': {type: 'boolean', key: 'perChannel'},
  symmetric: {type: 'boolean', key: 'symmetric'},
  'reduce-range': {type: 'boolean', key: 'reduceRange'},
  'weight-type': {type: 'string', key: 'weightType'},
  'block-size': {type: 'string', key: 'blockSize', read: Number},
  'accuracy-level': {type: 'string', key: 'accuracyLevel', read: Number},
  'keep-io-types': {type: 'boolean', key: 'keepIoTypes'},
  'calibration-method': {type: 'string', key: 'calibrationMethod'},
  percentile: {type: 'string', key: 'percentile', read: Number},
}

/** As `parseArgs` takes them. */
export const STEP_ARGUMENTS = Object.fromEntries(
  Object.entries(STEP_FLAGS).map(([name, {key: _, read: __, ...flag}]) => [name, flag]),
)

/** The first of these flags that was given. */
export const givenStepFlag = (values: ToolValues): string | undefined =>
  Object.keys(STEP_FLAGS).find(name => values[name] !== undefined)

/**
 * The recipe of one step that the flags tell.
 *
 * @throws LinguluError USAGE
 */
export function recipeOfFlags(values: ToolValues, program = 'onnx-quantize'): Recipe {
  const hint = `\`${program} --help\` tells what there is.`
  if (!METHODS.some(method => method === values.method))
    throw new LinguluError('USAGE', `--method ${String(values.method)} is none of ${METHODS.join(', ')}.`, {hint})
  const entries = Object.entries(STEP_FLAGS).flatMap(([name, {key, read}]) => {
    const value = values[name]
    if (value === undefined) return []
    return [[key, read !== undefined && typeof value === 'string' ? read(value) : value] as const]
  })
  const parsed = Recipe.safeParse({steps: [Object.fromEntries(entries)]})
  if (parsed.success) return parsed.data
  const problems = parsed.error.issues.map(issue => {
    if (issue.code === 'unrecognized_keys')
      return `${issue.keys.map(flagOf).join(', ')} is nothing that ${String(values.method)} takes`
    return `${flagOf(String(issue.path.at(2) ?? 'method'))}: ${issue.message}`
  })
  throw new LinguluError('USAGE', problems.join('\n'), {hint})
}

const flagOf = (key: string): string =>
  `--${Object.entries(STEP_FLAGS).find(([, flag]) => flag.key === key)?.[0] ?? key}`
