import {escapeMarkup} from '../../text/markup-text.js'
import type {Cell, Column, Table} from '../table.js'

export interface HtmlTableOptions {
  readonly id?: string
  /** For lists: the script lets its columns be sorted. */
  readonly sortable?: boolean
}

export function htmlTable({columns, rows}: Table, {id, sortable = false}: HtmlTableOptions = {}): string {
  const attributes = `${id === undefined ? '' : ` id="${escapeMarkup(id)}"`}${sortable ? ' class="sortable"' : ''}`
  const head = columns.map(column => `<th scope="col"${numberClass(column)}>${escapeMarkup(column.title)}</th>`)
  const body = rows.map(row => `<tr>${row.map((cell, index) => htmlCell(cell, columns[index])).join('')}</tr>`)
  return `<div class="scroll"><table${attributes}>
<thead><tr>${head.join('')}</tr></thead>
<tbody>
${body.join('\n')}
</tbody>
</table></div>`
}

const numberClass = (column: Column | undefined): string => (column?.numeric === true ? ' class="number"' : '')

function htmlCell(cell: Cell, column: Column | undefined): string {
  const open = `<td${numberClass(column)}`
  if (typeof cell === 'string') return `${open}>${isolated(cell)}</td>`
  if ('code' in cell) return `${open}>${htmlCode(cell.code)}</td>`
  const value = cell.value === null ? '' : ` data-value="${cell.value}"`
  return `${open}${value}>${escapeMarkup(cell.text)}</td>`
}

export const htmlCode = (text: string): string =>
  text === '' ? '<span class="faint">(empty)</span>' : `<code>${isolated(text)}</code>`

/** Text whose direction does not change that of the text around it. */
export const isolated = (text: string): string => `<bdi>${escapeMarkup(text)}</bdi>`
