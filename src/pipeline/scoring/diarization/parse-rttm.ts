import {add} from './grouped.js'
import {fieldsOfLines, type LineProblem, type Parsed, refuseProblems} from './line-problem.js'
import {parseSeconds} from './parse-seconds.js'
import type {Turn} from './turn.js'

/** The types of line of NIST's RT-09 evaluation plan, appendix A. Only SPEAKER is scored. */
const LINE_TYPES: ReadonlySet<string> = new Set([
  'SEGMENT',
  'NOSCORE',
  'NO_RT_METADATA',
  'LEXEME',
  'NON-LEX',
  'NON-SPEECH',
  'FILLER',
  'EDIT',
  'IP',
  'SU',
  'CB',
  'A/P',
  'SPEAKER',
  'SPKR-INFO',
])

const HINT =
  'A turn is one line: SPEAKER <file> <channel> <start> <duration> <NA> <NA> <speaker> <NA> <NA>, times in seconds (see docs/diarization-scoring.md).'

/**
 * The turns of each recording in an RTTM file. The channel is passed over, as by pyannote and dscore.
 *
 * @param path for messages
 * @throws {LinguluError} MANIFEST_INVALID with every line that cannot be read
 */
export function parseRttm(text: string, path: string): Parsed<ReadonlyMap<string, readonly Turn[]>> {
  const recordings = new Map<string, Turn[]>()
  const problems: LineProblem[] = []
  let unscored = 0
  for (const {line, fields} of fieldsOfLines(text, /^[;#]/)) {
    const type = fields[0]?.toUpperCase() ?? ''
    if (type === 'NOSCORE') unscored++
    if (!LINE_TYPES.has(type)) problems.push({line, problem: `"${fields[0]?.slice(0, 40)}" is no type of RTTM line`})
    if (type !== 'SPEAKER') continue
    const turn = readTurn(fields)
    if (typeof turn === 'string') problems.push({line, problem: turn})
    else add(recordings, turn.file, turn)
  }
  refuseProblems(problems, path, 'RTTM', HINT)
  const notes = unscored === 0 ? [] : [`${path}: ${unscored} NOSCORE lines are passed over; --uem says what is scored.`]
  return {data: recordings, notes}
}

function readTurn(fields: readonly string[]): (Turn & {readonly file: string}) | string {
  const [, file, , start = '', duration = '', , , speaker] = fields
  if (file === undefined || speaker === undefined || fields.length > 10)
    return `${fields.length} fields; a SPEAKER line has 9 or 10`
  const startMicros = parseSeconds(start)
  const micros = parseSeconds(duration)
  if (startMicros === undefined) return `start "${start}" is no number of seconds`
  if (micros === undefined) return `duration "${duration}" is no number of seconds`
  if (startMicros < 0) return `start ${start} is below 0`
  if (micros < 0) return `duration ${duration} is below 0`
  return {file, speaker, startMicros, endMicros: startMicros + micros}
}
