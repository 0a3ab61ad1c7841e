import {mkdir, realpath} from 'node:fs/promises'
import {dirname, join, sep} from 'node:path'
import {LinguluError} from '../errors.js'

/** The only kinds of file that are ever fetched: data, never code. */
const FETCHED = /\.(?:onnx|onnx_data(?:_\d+)?|safetensors|json|txt)$/
const SEGMENT = /^[A-Za-z0-9_][A-Za-z0-9._+-]*$/
const WINDOWS_DEVICE = /^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)/i

/** Whether a file of a hub listing may be fetched: of a known kind, and with a path that stays in the model folder on every system. */
export function mayFetch(path: string): boolean {
  return FETCHED.test(path) && isPlainPath(path)
}

/** Whether every segment is a plain name: no `..`, no root or drive, no backslash, no control character. */
export function isPlainPath(path: string): boolean {
  return path.split('/').every(segment => SEGMENT.test(segment) && !WINDOWS_DEVICE.test(segment))
}

/**
 * The absolute path of a fetched file, whose folder is made.
 *
 * @throws LinguluError `MODEL_DOWNLOAD` if it would leave `root`, by its name or by a link on the way.
 */
export async function placeInside(root: string, path: string): Promise<string> {
  const refused = new LinguluError('MODEL_DOWNLOAD', `A file called ${JSON.stringify(path)} may not be written.`, {
    hint: 'The repository tries to reach outside the model folder: do not use it.',
  })
  if (!mayFetch(path)) throw refused
  const target = join(root, path)
  await mkdir(dirname(target), {recursive: true})
  const [home, folder] = await Promise.all([realpath(root), realpath(dirname(target))])
  if (folder !== home && !folder.startsWith(home + sep)) throw refused
  return target
}
