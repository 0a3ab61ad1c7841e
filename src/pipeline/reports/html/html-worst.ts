import type {WorstRecord} from '../../evaluation/evaluation-report.js'
import {formatPercent} from '../../text/format-percent.js'
import {escapeMarkup} from '../../text/markup-text.js'
import {cutText} from '../cells.js'
import {type AlignedStep, worstAlignment} from '../worst-alignment.js'
import {audioUrl} from './audio-url.js'
import {htmlCode, isolated} from './html-table.js'

const LONGEST_NAME = 200 // characters

/** One of the worst utterances: what it is, a player where its recording is a file, and the alignment. */
export function htmlWorst(record: WorstRecord, folder: string): string {
  const {id, speaker, audio, wer, errors} = record
  const about = [
    `WER ${formatPercent(wer)}`,
    `${errors} ${errors === 1 ? 'error' : 'errors'}`,
    ...(speaker === undefined ? [] : [`speaker ${htmlCode(cutText(speaker, LONGEST_NAME))}`]),
    ...(audio === undefined ? [] : [htmlCode(audio)]),
  ]
  const url = audio === undefined ? undefined : audioUrl(audio, folder)
  const player = url === undefined ? '' : `<audio controls preload="none" src="${escapeMarkup(url)}"></audio>\n`
  return `<section class="utterance">
<h3>${htmlCode(cutText(id, LONGEST_NAME))}</h3>
<p>${about.join(', ')}</p>
${player}${htmlAlignment(record)}
</section>`
}

/** Reference above hypothesis, with the letter of the error below: colour is never the only sign. */
function htmlAlignment(record: WorstRecord): string {
  const alignment = worstAlignment(record)
  if (alignment === undefined) return `<pre>${escapeMarkup(cutText(record.operations, 1000))}</pre>`
  const direction = RIGHT_TO_LEFT.test(record.reference.join(' ')) ? ' dir="rtl"' : ''
  const left = alignment.left === 0 ? '' : `\n<p class="faint">… and ${alignment.left} words more.</p>`
  return `<div class="alignment"${direction}>${alignment.steps.map(htmlStep).join('')}</div>${left}`
}

/** The first letter decides, as in a paragraph of text. */
const RIGHT_TO_LEFT = /^\P{L}*[\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}]/u

const NAMES = {'=': 'right', S: 'substitution', D: 'deletion', I: 'insertion'} as const

function htmlStep({operation, reference, hypothesis}: AlignedStep): string {
  const word = (text: string | undefined): string => `<span>${text === undefined ? '' : isolated(text)}</span>`
  const kind = operation === '=' ? '' : ` ${operation}`
  const sign = operation === '=' ? '' : operation
  return `<div class="step${kind}" title="${NAMES[operation]}">${word(reference)}${word(hypothesis)}<b>${sign}</b></div>`
}
