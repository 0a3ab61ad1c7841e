import type {ChangeRecord, ComparisonDocument, DifferenceRecord} from '../comparison/comparison-document.js'
import {describeDifference} from '../comparison/describe-difference.js'
import {runRows} from '../comparison/runs-table.js'
import {escapeMarkdown} from '../text/markup-text.js'
import {countCell, cutText, datum} from './cells.js'
import {markdownTable} from './markdown-table.js'
import {numberColumn, textColumn} from './table.js'

const LONGEST_LABEL = 80 // characters
const LONGEST_TEXT = 400 // characters of a reference or a hypothesis

/** The comparison for GitHub and every other reader of Markdown with tables. Nothing of the data is taken for markup. */
export function comparisonMarkdown(document: ComparisonDocument): string {
  const {runs, differences} = document
  const table = markdownTable({
    columns: [textColumn(''), ...runs.map(({label}) => numberColumn(cutText(label, LONGEST_LABEL)))],
    rows: runRows(runs).map(([name, ...cells]) => [name.replace(/^ +/, '… '), ...cells]),
  })
  const sections = [
    `# Comparison of ${runs.length} runs`,
    table,
    ...differences.flatMap(difference => differenceSections(difference, document)),
  ]
  return `${sections.join('\n\n')}\n`
}

function differenceSections(difference: DifferenceRecord, document: ComparisonDocument): string[] {
  const [label, first] = [difference.label, document.runs[0]?.label ?? ''].map(name => cutText(name, LONGEST_LABEL))
  const {changed} = difference
  const facts = markdownTable({
    columns: [textColumn(''), textColumn('Difference')],
    rows: describeDifference(difference, document).map(fact => [...fact]),
  })
  return [
    `## ${escapeMarkdown(`${label} against ${first}`)}`,
    facts,
    ...(changed.length === 0 ? [] : ['### Changed most', changesTable(changed, first ?? '', label ?? '')]),
    ...changed.flatMap(change => changeTexts(change, first ?? '', label ?? '')),
  ]
}

function changesTable(changed: readonly ChangeRecord[], first: string, label: string): string {
  return markdownTable({
    columns: [
      textColumn('Utterance'),
      numberColumn('Words'),
      numberColumn(`Errors in ${first}`),
      numberColumn(`Errors in ${label}`),
    ],
    rows: changed.map(({id, words, firstErrors, errors}) => [
      datum(id),
      countCell(words),
      countCell(firstErrors),
      countCell(errors),
    ]),
  })
}

function changeTexts(change: ChangeRecord, first: string, label: string): string[] {
  const {id, referenceText, firstHypothesisText, hypothesisText} = change
  if (referenceText === undefined || firstHypothesisText === undefined || hypothesisText === undefined) return []
  const line = (who: string, text: string): string =>
    `- ${escapeMarkdown(who)}: ${text === '' ? '*nothing*' : escapeMarkdown(cutText(text, LONGEST_TEXT))}`
  return [
    `**${escapeMarkdown(id)}**`,
    [line('reference', referenceText), line(first, firstHypothesisText), line(label, hypothesisText)].join('\n'),
  ]
}
