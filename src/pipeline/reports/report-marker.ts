/** Stands in the first lines of every file of a report that can hold a comment: such a file may be replaced by the next. */
export const REPORT_MARKER = '<!-- lingulu evaluation -->'
