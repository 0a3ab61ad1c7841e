import {LinguluError} from '../../errors.js'

type Json = Record<string, unknown>

/**
 * Sets single values of a configuration: `learning_rate=0.001`, `data.dev=dev.csv`, `model.encoder.layers=4`. The value is
 * JSON where it is, else a text. The configuration itself stays as it is.
 *
 * @throws LinguluError USAGE
 */
export function applyOverrides(config: unknown, overrides: readonly string[]): unknown {
  return overrides.reduce((current, override) => {
    const [, path = '', text = ''] = /^([^=]+)=(.*)$/s.exec(override) ?? []
    if (path === '')
      throw new LinguluError('USAGE', `--set ${override}: that is not key=value.`, {
        hint: 'For example --set learning_rate=0.0005 --set model.encoder.layers=4.',
      })
    return withValue(current, path.split('.'), parseValue(text), override)
  }, config)
}

function parseValue(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

function withValue(
  current: unknown,
  [key = '', ...rest]: readonly string[],
  value: unknown,
  override: string,
): unknown {
  if (Array.isArray(current)) {
    const index = Number(key)
    if (!Number.isInteger(index) || index < 0 || index >= current.length)
      throw new LinguluError('USAGE', `--set ${override}: there is no ${key} in a list of ${current.length}.`)
    return current.with(index, rest.length === 0 ? value : withValue(current[index], rest, value, override))
  }
  const object: Json = typeof current === 'object' && current !== null ? {...current} : {}
  if (key === '__proto__') throw new LinguluError('USAGE', `--set ${override}: there is no such setting.`)
  return {...object, [key]: rest.length === 0 ? value : withValue(object[key], rest, value, override)}
}
