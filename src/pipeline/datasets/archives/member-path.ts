import {ArchiveError} from './archive-member.js'

const MAXIMUM_SEGMENT_BYTES = 255
const MAXIMUM_DEPTH = 32
/** Control characters, and what separates paths, drives or streams on some system. */
const FORBIDDEN = /[\p{Cc}\\:]/u
/** Names that are devices on Windows, and names that it would shorten to another. */
const WINDOWS = /^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)|[. ]$/i

/**
 * The segments of a member's path, which stay in the folder on every system; none for the folder itself.
 * @throws {ArchiveError} for a name that would leave it, or that cannot be one.
 */
export function memberPath(name: string): readonly string[] {
  const quoted = JSON.stringify(name.length > 100 ? `${name.slice(0, 100)}…` : name)
  if (name === '' || name.startsWith('/') || FORBIDDEN.test(name))
    throw new ArchiveError(`it holds a file called ${quoted}, which may not be written`)
  const segments = name.split('/').filter(segment => segment !== '' && segment !== '.')
  if (segments.includes('..')) throw new ArchiveError(`it holds ${quoted}, which reaches outside its folder`)
  if (segments.length > MAXIMUM_DEPTH || segments.some(isUnusable))
    throw new ArchiveError(`it holds a file called ${quoted}, which may not be written`)
  return segments
}

const isUnusable = (segment: string): boolean =>
  WINDOWS.test(segment) || Buffer.byteLength(segment) > MAXIMUM_SEGMENT_BYTES

/**
 * Refuses a link that points out of the folder. The others are not made either, but they are no sign of ill will.
 * @param from the segments of the link's own path
 * @throws {ArchiveError}
 */
export function checkLink(from: readonly string[], target: string): void {
  const refused = () =>
    new ArchiveError(`its link ${JSON.stringify(from.join('/'))} points outside its folder (${JSON.stringify(target)})`)
  if (target.startsWith('/') || FORBIDDEN.test(target)) throw refused()
  let depth = from.length - 1
  for (const segment of target.split('/')) {
    if (segment === '..') depth--
    else if (segment !== '' && segment !== '.') depth++
    if (depth < 0) throw refused()
  }
}
