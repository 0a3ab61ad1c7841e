import {formatCount} from '../text/format-count.js'
import {formatDuration, formatSeconds} from '../text/format-duration.js'
import {formatPercent} from '../text/format-percent.js'
import type {Cell} from './table.js'

const LONGEST_DATUM = 120 // characters: a name or a word beyond that makes a table unreadable

export const datum = (text: string): Cell => ({code: cutText(text, LONGEST_DATUM)})

export const percentCell = (rate: number | null): Cell => ({text: formatPercent(rate), value: rate})

export const countCell = (count: number): Cell => ({text: formatCount(count), value: count})

export const durationCell = (seconds: number | null | undefined): Cell =>
  seconds === null || seconds === undefined
    ? {text: 'n/a', value: null}
    : {text: formatDuration(seconds), value: seconds}

export const secondsCell = (seconds: number | undefined): Cell =>
  seconds === undefined ? {text: 'n/a', value: null} : {text: formatSeconds(seconds), value: seconds}

/** The text, or its beginning and `…` where it has more characters (code points) than that. */
export function cutText(text: string, most: number): string {
  if (text.length <= most) return text
  const characters = [...text]
  return characters.length <= most ? text : `${characters.slice(0, most - 1).join('')}…`
}
