import {formatTimestamp} from '../format-timestamp.js'
import {shapeSubtitles} from '../subtitles.js'
import type {Writer} from './writer.js'

const STYLE = {alwaysHours: false, decimalMarker: '.'} as const

/** WebVTT. */
export const writeVtt: Writer = ({segments}, {subtitles} = {}) => {
  let content = 'WEBVTT\n\n'
  for (const {startMilliseconds, endMilliseconds, text} of shapeSubtitles(segments, subtitles)) {
    const times = `${formatTimestamp(startMilliseconds, STYLE)} --> ${formatTimestamp(endMilliseconds, STYLE)}`
    content += `${times}\n${text}\n\n`
  }
  return content
}
