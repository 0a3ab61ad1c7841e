import {visibleText} from '../../text/visible-text.js'
import {cutText} from '../cells.js'

/** Okabe and Ito's colours that can be read on white, for lines of one chart. */
export const SERIES_COLOURS = ['#0072B2', '#D55E00', '#009E73', '#CC79A7', '#E69F00', '#56B4E9', '#000000'] as const

const LONGEST = 32 // characters in a legend

/** What each name is called in a legend, for as many as there are colours. All differ. */
export function seriesLabels(names: readonly string[]): ReadonlyMap<string, string> {
  const labels = new Map<string, string>()
  const taken = new Set<string>()
  for (const name of new Set(names)) {
    if (labels.size === SERIES_COLOURS.length) break
    const shown = name === '' ? '(none)' : cutText(visibleText(name), LONGEST)
    let label = shown
    for (let number = 2; taken.has(label); number++) label = `${shown} #${number}`
    taken.add(label)
    labels.set(name, label)
  }
  return labels
}
