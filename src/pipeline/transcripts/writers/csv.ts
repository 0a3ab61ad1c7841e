import {strip} from '../../text/strip.js'
import {toMilliseconds} from '../format-timestamp.js'
import type {Writer} from './writer.js'

/** `start,end,text` as whisper.cpp has it: milliseconds, the text always quoted (RFC 4180), lines end with a line feed. */
export const writeCsv: Writer = ({segments}) => {
  const rows = segments.map(({start, end, text}) =>
    [toMilliseconds(start), toMilliseconds(end), `"${strip(text).replaceAll('"', '""')}"`].join(','),
  )
  return ['start,end,text', ...rows, ''].join('\n')
}
