import {extname} from 'node:path'
import {hasAudioExtension} from '../../inputs/audio-extensions.js'

/** Names of audio files by what they are called without their extension; the first of several. */
export function audioByStem(files: readonly string[]): ReadonlyMap<string, string> {
  const names = new Map<string, string>()
  for (const file of files) {
    if (!hasAudioExtension(file)) continue
    const stem = stemOf(file)
    if (!names.has(stem)) names.set(stem, file)
  }
  return names
}

export const stemOf = (file: string): string => file.slice(0, file.length - extname(file).length)
