import {displayWidth} from '../text/display-width.js'
import {visibleText} from '../text/visible-text.js'
import type {WordAlignment} from './utterance-score.js'

const LABELS = ['REF: ', 'HYP: ', '     '] as const

/**
 * An alignment in three lines: the reference, the hypothesis, and under each word that is wrong `S`, `D` or `I`; asterisks
 * stand where a side has no word. Lines are broken between words before they pass `width` columns (80), and the parts are
 * separated by an empty line. Wide characters take two columns; control characters are made visible.
 */
export function formatAlignment(alignment: WordAlignment, {width = 80}: {width?: number | undefined} = {}): string {
  const room = Math.max(1, width - LABELS[0].length)
  const parts: string[] = []
  let lines: [string[], string[], string[]] = [[], [], []]
  let used = 0
  const endPart = () => {
    parts.push(lines.map((cells, i) => `${LABELS[i]}${cells.join(' ')}`.trimEnd()).join('\n'))
    lines = [[], [], []]
    used = 0
  }
  for (const cells of columnsOf(alignment)) {
    const cellWidth = Math.max(...cells.map(displayWidth))
    if (used > 0 && used + 1 + cellWidth > room) endPart()
    used += cellWidth + (used > 0 ? 1 : 0)
    for (const [i, line] of lines.entries()) line.push(pad(cells[i] ?? '', cellWidth))
  }
  endPart()
  return parts.join('\n\n')
}

function* columnsOf({reference, hypothesis, operations}: WordAlignment): Generator<[string, string, string]> {
  let i = 0
  let j = 0
  for (const operation of operations) {
    const word = operation === 'I' ? '' : visibleText(reference[i++] ?? '')
    const heard = operation === 'D' ? '' : visibleText(hypothesis[j++] ?? '')
    yield [word || stars(heard), heard || stars(word), operation === '=' ? '' : operation]
  }
}

const stars = (word: string) => '*'.repeat(Math.max(1, displayWidth(word)))
const pad = (text: string, width: number) => text + ' '.repeat(width - displayWidth(text))
