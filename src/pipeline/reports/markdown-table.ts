import {escapeMarkdown, markdownCode} from '../text/markup-text.js'
import type {Cell, Table} from './table.js'

/** A table for GitHub; of more rows than `most` the first ones, and a sentence that counts the others. */
export function markdownTable({columns, rows}: Table, most = Number.POSITIVE_INFINITY): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  const left = rows.length - most
  return [
    line(columns.map(({title}) => escapeMarkdown(title))),
    line(columns.map(({numeric}) => (numeric ? '--:' : ':--'))),
    ...rows.slice(0, most).map(cells => line(cells.map(cellText))),
    ...(left > 0 ? ['', `… and ${left} more: the JSON beside this report has them all.`] : []),
  ].join('\n')
}

function cellText(cell: Cell): string {
  if (typeof cell === 'string') return escapeMarkdown(cell)
  return 'code' in cell ? markdownCode(cell.code) : escapeMarkdown(cell.text)
}
