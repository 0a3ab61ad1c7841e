import type {EvaluationReport, ScoreRecord} from '../evaluation/evaluation-report.js'
import {errorsOf, referenceLength} from '../scoring/error-counts.js'
import {countCell, cutText, datum, durationCell, percentCell, secondsCell} from './cells.js'
import {type Cell, numberColumn, type Table, textColumn} from './table.js'

const LONGEST_TEXT = 4000 // characters: a cell is no place for a lecture

/** Every utterance, with its texts where the report keeps them (it does not with --no-texts). */
export function utteranceTable(scores: EvaluationReport['scores']): Table {
  const hasTexts = scores.some(
    ({referenceText, hypothesisText}) => referenceText !== undefined || hypothesisText !== undefined,
  )
  return {
    columns: [
      textColumn('Id'),
      textColumn('Speaker'),
      numberColumn('Audio'),
      numberColumn('Latency'),
      numberColumn('WER'),
      numberColumn('Words'),
      numberColumn('S'),
      numberColumn('D'),
      numberColumn('I'),
      ...(hasTexts ? [textColumn('Reference'), textColumn('Hypothesis')] : []),
    ],
    rows: scores.map(score => [...numbers(score), ...(hasTexts ? texts(score) : [])]),
  }
}

const numbers = ({id, speaker, durationSeconds, latencySeconds, words}: ScoreRecord): Cell[] => [
  datum(id),
  speaker === undefined ? '' : datum(speaker),
  durationCell(durationSeconds),
  secondsCell(latencySeconds),
  percentCell(referenceLength(words) === 0 ? null : errorsOf(words) / referenceLength(words)),
  countCell(referenceLength(words)),
  countCell(words.substitutions),
  countCell(words.deletions),
  countCell(words.insertions),
]

const texts = ({referenceText = '', hypothesisText = ''}: ScoreRecord): Cell[] => [
  cutText(referenceText, LONGEST_TEXT),
  cutText(hypothesisText, LONGEST_TEXT),
]
