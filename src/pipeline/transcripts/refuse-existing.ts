import {lstat} from 'node:fs/promises'
import {LinguluError} from '../errors.js'

/**
 * @param hint what to do where something may be replaced
 * @throws LinguluError OUTPUT_EXISTS if something stands there, be it a link that leads nowhere.
 */
export async function refuseExisting(path: string, hint = 'Choose another place, or remove it first.'): Promise<void> {
  if ((await lstat(path).catch(() => undefined)) === undefined) return
  throw new LinguluError('OUTPUT_EXISTS', `${path} is there already.`, {hint})
}
