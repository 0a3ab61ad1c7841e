/**
 * A cell of a table: text, a word or a name from the data (shown as code), or a number with the text that shows it.
 * None is trusted: whoever renders it escapes it.
 */
export type Cell = string | {readonly code: string} | {readonly text: string; readonly value: number | null}

export interface Column {
  readonly title: string
  readonly numeric: boolean
}

/** What a report shows as a table, whatever the format. */
export interface Table {
  readonly columns: readonly Column[]
  readonly rows: readonly (readonly Cell[])[]
}

export const textColumn = (title: string): Column => ({title, numeric: false})
export const numberColumn = (title: string): Column => ({title, numeric: true})
