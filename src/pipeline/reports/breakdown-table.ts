import type {BreakdownRecord, GroupRecord} from '../evaluation/evaluation-report.js'
import {countCell, cutText, datum, durationCell, percentCell} from './cells.js'
import {intervalRange} from './summary-table.js'
import {type Cell, numberColumn, type Table, textColumn} from './table.js'

/** The groups of a breakdown, the worst first; ranges of length stay in their order. */
export function breakdownTable({by, groups}: BreakdownRecord): Table {
  return {
    columns: [
      textColumn(by === 'length' ? 'length, seconds' : cutText(by, 120)),
      numberColumn('Utterances'),
      numberColumn('Audio'),
      numberColumn('WER'),
      textColumn('WER, interval'),
      numberColumn('CER'),
      numberColumn('S'),
      numberColumn('D'),
      numberColumn('I'),
      numberColumn('Sentences right'),
    ],
    rows: (by === 'length' ? groups : worstFirst(groups)).map(row),
  }
}

/** By WER; groups without one last, equals by their value. */
export function worstFirst(groups: readonly GroupRecord[]): GroupRecord[] {
  return [...groups].sort(
    (a, b) => (b.wer ?? -1) - (a.wer ?? -1) || (a.value < b.value ? -1 : Number(a.value > b.value)),
  )
}

const row = (group: GroupRecord): Cell[] => [
  datum(group.value),
  countCell(group.utterances),
  durationCell(group.audioSeconds),
  percentCell(group.wer),
  group.interval === null ? '' : intervalRange(group.interval),
  percentCell(group.cer),
  countCell(group.words.substitutions),
  countCell(group.words.deletions),
  countCell(group.words.insertions),
  percentCell(group.sentenceAccuracy),
]
