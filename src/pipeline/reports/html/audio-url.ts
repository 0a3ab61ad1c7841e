import {isAbsolute, relative, resolve, sep} from 'node:path'
import {pathToFileURL} from 'node:url'
import {pathUrl} from '../../text/markup-text.js'

/**
 * The URL by which a page in `folder` plays a recording: relative, so that both can be moved together. Undefined for what is
 * not a file of this machine: a report fetches nothing.
 */
export function audioUrl(audio: string, folder: string): string | undefined {
  if (/^[a-z][a-z\d+.-]+:/i.test(audio)) return undefined
  const path = relative(folder, resolve(audio))
  // On Windows another drive cannot be reached by a relative path.
  return isAbsolute(path) ? pathToFileURL(path).href : pathUrl(path.split(sep).join('/'))
}
