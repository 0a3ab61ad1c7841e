import {errorsOf, referenceLength} from '../pipeline/scoring/error-counts.js'
import {formatAlignment} from '../pipeline/scoring/format-alignment.js'
import {formatCount} from '../pipeline/text/format-count.js'
import {formatPercent} from '../pipeline/text/format-percent.js'
import {visibleText} from '../pipeline/text/visible-text.js'
import type {ScoreDocument} from '../pipeline/text-pairs/score-document.js'
import {formatTable} from './format-table.js'

/** The measures, breakdowns and, where they were kept, the alignments of utterances with errors. */
export function formatScore(document: ScoreDocument, {width}: {readonly width?: number | undefined} = {}): string {
  return [
    ...formatAlignments(document, width),
    formatTable(measureRows(document)),
    ...document.breakdowns.map(formatBreakdown),
  ].join('\n\n')
}

function measureRows(document: ScoreDocument): string[][] {
  const {words, characters, utterances, normalizer, scoring} = document
  return [
    ['WER', formatPercent(document.wer), formatErrors(words, 'words')],
    ['CER', formatPercent(document.cer), formatErrors(characters, 'characters')],
    ['MER', formatPercent(document.mer), 'match error rate'],
    ['WIL', formatPercent(document.wil), 'word information lost'],
    ['WIP', formatPercent(document.wip), 'word information preserved'],
    [
      'sentences',
      formatPercent(document.sentenceAccuracy),
      `${formatCount(utterances.correct)} of ${formatCount(utterances.total)} without an error`,
    ],
    ['normalizer', normalizer.name, `${normalizer.hash.slice(0, 12)}${formatScoring(scoring)}`],
  ]
}

function formatErrors(counts: ScoreDocument['words'], unit: string): string {
  const {substitutions, deletions, insertions} = counts
  const parts = `S ${formatCount(substitutions)}, D ${formatCount(deletions)}, I ${formatCount(insertions)}`
  const errors = errorsOf(counts)
  const total = `${formatCount(errors)} ${errors === 1 ? 'error' : 'errors'}`
  return `${parts}: ${total} in ${formatCount(referenceLength(counts))} ${unit}`
}

/** What else changes the numbers. */
function formatScoring({weights, tolerances, alternatives}: ScoreDocument['scoring']): string {
  const tolerated = Object.entries(typeof tolerances === 'object' && tolerances !== null ? tolerances : {})
  return [
    ...(weights === 'unit' ? [] : [`weights of ${weights}`]),
    ...(alternatives === undefined ? [] : ['with alternatives']),
    ...tolerated.flatMap(([name, on]) => (on === true ? [`${name} tolerated`] : [])),
  ]
    .map(text => `, ${text}`)
    .join('')
}

function formatBreakdown({by, groups}: ScoreDocument['breakdowns'][number]): string {
  const rows = groups.map(({value, utterances, words, wer, cer}) => [
    visibleText(value),
    formatCount(utterances),
    formatCount(referenceLength(words)),
    formatPercent(wer),
    formatPercent(cer),
  ])
  return formatTable([[visibleText(by), 'utterances', 'words', 'WER', 'CER'], ...rows])
}

function formatAlignments({alignments = []}: ScoreDocument, width: number | undefined): string[] {
  return alignments
    .filter(({errors}) => errors > 0)
    .map(({id, wer, reference, hypothesis, operations}) => {
      const count = (operation: string) => operations.split(operation).length - 1
      const counts = {hits: count('='), substitutions: count('S'), deletions: count('D'), insertions: count('I')}
      const lines = formatAlignment({reference, hypothesis, operations, counts}, {width})
      return `${visibleText(id)}: WER ${formatPercent(wer)}\n${lines}`
    })
}

/** So many ids are named of those that have no hypothesis. */
const SHOWN_IDS = 10

/** What makes the numbers worse than the recognition is, one sentence each. */
export function scoreWarnings({utterances: {missing, failed, total}}: ScoreDocument): string[] {
  const list = (ids: readonly string[]) => {
    const rest = ids.length - SHOWN_IDS
    return `${ids.slice(0, SHOWN_IDS).map(visibleText).join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`
  }
  return [
    ...(missing.length > 0
      ? [`${missing.length} of ${total} utterances have no hypothesis and count as empty: ${list(missing)}`]
      : []),
    ...(failed.length > 0
      ? [`${failed.length} of ${total} utterances could not be transcribed and count as empty: ${list(failed)}`]
      : []),
  ]
}
