import {add} from './grouped.js'
import {fieldsOfLines, type LineProblem, type Parsed, refuseProblems} from './line-problem.js'
import {parseSeconds} from './parse-seconds.js'
import type {Interval} from './turn.js'

const HINT =
  'A region to score is one line: <file> <channel> <start> <end>, in seconds (see docs/diarization-scoring.md).'

/**
 * The regions of each recording in an un-partitioned evaluation map. The channel is passed over.
 *
 * @param path for messages
 * @throws {LinguluError} MANIFEST_INVALID with every line that cannot be read
 */
export function parseUem(text: string, path: string): Parsed<ReadonlyMap<string, readonly Interval[]>> {
  const recordings = new Map<string, Interval[]>()
  const problems: LineProblem[] = []
  for (const {line, fields} of fieldsOfLines(text, /^[;#]/)) {
    const region = readRegion(fields)
    if (typeof region === 'string') problems.push({line, problem: region})
    else add(recordings, region.file, region)
  }
  if (recordings.size === 0 && problems.length === 0) problems.push({line: 1, problem: 'no regions'})
  refuseProblems(problems, path, 'UEM', HINT)
  return {data: recordings, notes: []}
}

function readRegion(fields: readonly string[]): (Interval & {readonly file: string}) | string {
  const [file, , start = '', end = ''] = fields
  if (file === undefined || fields.length !== 4) return `${fields.length} fields instead of 4`
  const startMicros = parseSeconds(start)
  const endMicros = parseSeconds(end)
  if (startMicros === undefined) return `start "${start}" is no number of seconds`
  if (endMicros === undefined) return `end "${end}" is no number of seconds`
  if (endMicros < startMicros) return `end ${end} is before start ${start}`
  return {file, startMicros, endMicros}
}
