import {strip} from '../../text/strip.js'
import {toMilliseconds} from '../format-timestamp.js'
import type {Writer} from './writer.js'

/** `start`, `end` in milliseconds and `text`, separated by tabs; nothing is quoted, a tab in the text becomes a space. */
export const writeTsv: Writer = ({segments}) => {
  const rows = segments.map(({start, end, text}) =>
    [toMilliseconds(start), toMilliseconds(end), strip(text).replaceAll('\t', ' ')].join('\t'),
  )
  return ['start\tend\ttext', ...rows, ''].join('\n')
}
