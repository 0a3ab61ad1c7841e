import {fieldsOfLines, type LineProblem, type Parsed, refuseProblems} from './line-problem.js'
import {parseSeconds} from './parse-seconds.js'
import type {Segment, SpeakerTranscript} from './segment.js'

const HINT =
  'A word is one line: <file> <channel> <start> <duration> <word> [<confidence>], times in seconds (see docs/diarization-scoring.md).'

/**
 * The words of a CTM file (sctk's `doc/infmts.htm`). Each channel counts as one speaker, unless the eighth field of
 * NIST's later form names one. Of alternatives (`<ALT_BEGIN>` … `<ALT>` … `<ALT_END>`) the first is taken; the word `@`
 * stands for none.
 *
 * @param path for messages
 * @throws {LinguluError} MANIFEST_INVALID with every line that cannot be read
 */
export function parseCtm(text: string, path: string): Parsed<SpeakerTranscript> {
  const segments: Segment[] = []
  const problems: LineProblem[] = []
  const alternatives = trackAlternatives()
  for (const {line, fields} of fieldsOfLines(text, /^;;/)) {
    const mark = fields[4]?.toUpperCase()
    if (mark === '<ALT_BEGIN>' || mark === '<ALT>' || mark === '<ALT_END>') {
      const problem = alternatives.mark(mark, line)
      if (problem !== undefined) problems.push({line, problem})
      continue
    }
    const segment = readWord(fields)
    if (typeof segment === 'string') problems.push({line, problem: segment})
    else if (!alternatives.skips()) segments.push(segment)
  }
  problems.push(...alternatives.left())
  refuseProblems(problems, path, 'CTM', HINT)
  const count = alternatives.count()
  const notes = count === 0 ? [] : [`${path}: ${count} × <ALT_BEGIN>: the first alternative is scored.`]
  return {data: {segments, ignored: new Map(), wordByWord: true}, notes}
}

function readWord(fields: readonly string[]): Segment | string {
  const [session, channel, start = '', duration = '', word, , , speaker] = fields
  if (session === undefined || channel === undefined || word === undefined || fields.length > 8)
    return `${fields.length} fields; a word has 5 to 8`
  const startMicros = parseSeconds(start)
  const micros = parseSeconds(duration)
  if (startMicros === undefined) return `start "${start}" is no number of seconds`
  if (micros === undefined) return `duration "${duration}" is no number of seconds`
  if (micros < 0) return `duration ${duration} is below 0`
  return {
    session,
    speaker: speaker ?? channel,
    text: word === '@' ? '' : word,
    time: {startMicros, endMicros: startMicros + micros},
  }
}

function trackAlternatives() {
  let begun: number | undefined
  let first = true
  let count = 0
  return {
    mark(mark: '<ALT_BEGIN>' | '<ALT>' | '<ALT_END>', line: number): string | undefined {
      if ((mark === '<ALT_BEGIN>') === (begun !== undefined))
        return begun === undefined ? `${mark} without <ALT_BEGIN>` : `<ALT_BEGIN> inside that of line ${begun}`
      if (mark === '<ALT_BEGIN>') {
        begun = line
        first = true
        count++
      } else if (mark === '<ALT>') first = false
      else begun = undefined
      return undefined
    },
    skips: () => begun !== undefined && !first,
    left: () => (begun === undefined ? [] : [{line: begun, problem: '<ALT_BEGIN> without <ALT_END>'}]),
    count: () => count,
  }
}
