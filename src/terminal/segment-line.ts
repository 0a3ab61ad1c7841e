import {formatTimestamp, toMilliseconds} from '../pipeline/transcripts/format-timestamp.js'

const STYLE = {alwaysHours: false, decimalMarker: '.'} as const

/** `[00:00.000 --> 00:07.060] text`, as openai/whisper prints a segment. */
export function segmentLine({start, end, text}: {readonly start: number; readonly end: number; readonly text: string}) {
  const at = (seconds: number) => formatTimestamp(toMilliseconds(seconds), STYLE)
  return `[${at(start)} --> ${at(end)}] ${text.trim()}`
}
