import {formatTimestamp} from '../format-timestamp.js'
import {shapeSubtitles} from '../subtitles.js'
import type {Writer} from './writer.js'

const STYLE = {alwaysHours: true, decimalMarker: ','} as const

/** SubRip. */
export const writeSrt: Writer = ({segments}, {subtitles} = {}) => {
  let content = ''
  let number = 1
  for (const {startMilliseconds, endMilliseconds, text} of shapeSubtitles(segments, subtitles)) {
    const times = `${formatTimestamp(startMilliseconds, STYLE)} --> ${formatTimestamp(endMilliseconds, STYLE)}`
    content += `${number++}\n${times}\n${text}\n\n`
  }
  return content
}
