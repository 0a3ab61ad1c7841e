import type {EvaluationReport} from '../evaluation/evaluation-report.js'
import {countCell, datum} from './cells.js'
import {numberColumn, type Table, textColumn} from './table.js'

export interface TitledTable {
  readonly title: string
  readonly table: Table
}

type WordCounts = EvaluationReport['errors']['deleted']

/** The words that went wrong most often; lists without an entry are left out. */
export function errorTables({errors}: EvaluationReport): TitledTable[] {
  const tables = [
    {title: 'Confusions', table: confusionTable(errors.confusions)},
    {title: 'Substituted words', table: wordTable('Word of the reference', errors.substituted)},
    {title: 'Deleted words', table: wordTable('Word of the reference', errors.deleted)},
    {title: 'Inserted words', table: wordTable('Word of the hypothesis', errors.inserted)},
  ]
  return tables.filter(({table}) => table.rows.length > 0)
}

const confusionTable = (confusions: EvaluationReport['errors']['confusions']): Table => ({
  columns: [textColumn('Reference'), textColumn('Hypothesis'), numberColumn('Count')],
  rows: confusions.map(({reference, hypothesis, count}) => [datum(reference), datum(hypothesis), countCell(count)]),
})

const wordTable = (title: string, words: WordCounts): Table => ({
  columns: [textColumn(title), numberColumn('Count')],
  rows: words.map(({word, count}) => [datum(word), countCell(count)]),
})
