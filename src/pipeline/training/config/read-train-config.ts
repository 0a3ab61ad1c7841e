import {readFile} from 'node:fs/promises'
import {z} from 'zod'
import {LinguluError} from '../../errors.js'
import {packageFile} from '../../models/package-root.js'
import {applyOverrides} from './config-overrides.js'
import {parseTrainConfig, TrainConfig} from './train-config.js'

/** Names without a path or an extension are presets. */
const PRESET = /^[\w-]+$/

/**
 * Reads a configuration, or a preset that lingulu comes with, and sets single values in it.
 *
 * @throws LinguluError USAGE; CONFIG_INVALID with all that is wrong
 */
export async function readTrainConfig(path: string | undefined, overrides: readonly string[]): Promise<TrainConfig> {
  if (path === undefined)
    throw new LinguluError('USAGE', 'A configuration is missing.', {
      hint: 'Give a JSON file or the name of a preset; docs/train.md begins with one.',
    })
  const text = await readFile(PRESET.test(path) ? packageFile(`configs/train/${path}.json`) : path, 'utf8').catch(
    (cause: unknown) => {
      throw new LinguluError('USAGE', `The configuration ${path} cannot be read.`, {
        cause,
        hint: 'Give the path of a JSON file, or the name of a preset in configs/train.',
      })
    },
  )
  return parseTrainConfig(applyOverrides(parseJson(text, path), overrides), path)
}

function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new LinguluError('CONFIG_INVALID', `${path} is no JSON: ${reason}`, {cause})
  }
}

/** The JSON Schema of configurations. */
export const trainConfigSchema = (): object => z.toJSONSchema(TrainConfig, {io: 'input', reused: 'ref'})
