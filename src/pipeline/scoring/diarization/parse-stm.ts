import {add} from './grouped.js'
import {fieldsOfLines, type LineProblem, type Parsed, refuseProblems} from './line-problem.js'
import {parseSeconds} from './parse-seconds.js'
import type {Segment, SpeakerTranscript} from './segment.js'
import type {Interval} from './turn.js'

const HINT =
  'A segment is one line: <file> <channel> <speaker> <start> <end> <label> words, times in seconds; <label> may be left out (see docs/diarization-scoring.md).'

/** NIST's mark, in place of the words, for a time that is not scored. */
const IGNORED = 'ignore_time_segment_in_scoring'

/**
 * The segments of an STM file (sctk's `doc/infmts.htm`). The channel is passed over, as by meeteval; a label such as
 * `<o,f0,male>` or `<NA>` before the words is none of them; of alternatives `{ a / b }` the first is taken.
 *
 * @param path for messages
 * @throws {LinguluError} MANIFEST_INVALID with every line that cannot be read
 */
export function parseStm(text: string, path: string): Parsed<SpeakerTranscript> {
  const segments: Segment[] = []
  const ignored = new Map<string, Interval[]>()
  const problems: LineProblem[] = []
  let alternations = 0
  for (const {line, fields} of fieldsOfLines(text, /^;/)) {
    const segment = readSegment(fields)
    if (typeof segment === 'string') {
      problems.push({line, problem: segment})
      continue
    }
    const {session, speaker, time, words} = segment
    if (words.length === 1 && words[0]?.toLowerCase() === IGNORED) {
      add(ignored, session, time)
      continue
    }
    const chosen = firstAlternatives(words)
    if (typeof chosen === 'string') problems.push({line, problem: chosen})
    else {
      alternations += chosen.alternations
      segments.push({session, speaker, time, text: chosen.words.join(' ')})
    }
  }
  refuseProblems(problems, path, 'STM', HINT)
  const notes = alternations === 0 ? [] : [`${path}: ${alternations} × { … / … }: the first alternative is scored.`]
  return {data: {segments, ignored, wordByWord: false}, notes}
}

function readSegment([session, channel, speaker, start = '', end = '', ...rest]: readonly string[]) {
  if (session === undefined || channel === undefined || speaker === undefined || end === '')
    return 'fewer than 5 fields'
  const startMicros = parseSeconds(start)
  const endMicros = parseSeconds(end)
  if (startMicros === undefined) return `start "${start}" is no number of seconds`
  if (endMicros === undefined) return `end "${end}" is no number of seconds`
  if (endMicros < startMicros) return `end ${end} is before start ${start}`
  const labelled = /^<[^<>]*>$/.test(rest[0] ?? '')
  return {session, speaker, time: {startMicros, endMicros}, words: labelled ? rest.slice(1) : rest}
}

/** `a { b / c d } @` becomes `a b`; `@` stands for no word. Alternatives may hold alternatives. */
function firstAlternatives(words: readonly string[]) {
  const chosen: string[] = []
  /** For each open brace, whether its first alternative is past. */
  const open: boolean[] = []
  let alternations = 0
  for (const word of words) {
    if (word === '{') {
      alternations++
      open.push(false)
    } else if (word === '}' && open.length > 0) open.pop()
    else if (word === '/' && open.length > 0) open[open.length - 1] = true
    else if (!open.includes(true) && word !== '@') chosen.push(word)
  }
  return open.length > 0 ? '"{" without "}"' : {words: chosen, alternations}
}
