import {plainEntry, type TextEntry, type TextProblem} from './text-entry.js'

/** The lines of a text, blank ones among them. What ends with a line break does not begin another line. */
export function splitTextLines(text: string): string[] {
  const lines = text.split('\n').map(line => (line.endsWith('\r') ? line.slice(0, -1) : line))
  return lines.at(-1) === '' ? lines.slice(0, -1) : lines
}

/** One utterance a line. */
export const parseLines = (text: string, file: string): TextEntry[] =>
  splitTextLines(text).map((line, index) => plainEntry(String(index + 1), line, file, index + 1))

/** Transcripts of NIST's sclite, `text (id)`. The speaker is what stands in the id before the first hyphen or underscore. */
export function parseTrn(text: string, file: string): (TextEntry | TextProblem)[] {
  return splitTextLines(text).flatMap((content, index): (TextEntry | TextProblem)[] => {
    const line = index + 1
    if (content.trim() === '' || content.startsWith(';;')) return []
    const [, words, id] = /^(.*?)\s*\(\s*([^()]*[^()\s])\s*\)\s*$/.exec(content) ?? []
    if (words === undefined || id === undefined)
      return [{line, problem: `no (id) at the end of "${content.trim().slice(-60)}"`}]
    const {utterance, failure} = plainEntry(id, words, file, line)
    return [{utterance: {...utterance, speaker: /^([^-_]+)[-_]/.exec(id)?.[1]}, failure}]
  })
}
