import type {GroupRecord} from '../../evaluation/evaluation-report.js'
import {formatCount} from '../../text/format-count.js'
import {visibleText} from '../../text/visible-text.js'
import {cutText} from '../cells.js'

const LONGEST = 24 // characters beside an axis

/** A label for each group, with the number of its utterances. All differ: groups of one label would fall on one line. */
export function groupLabels(groups: readonly Pick<GroupRecord, 'value' | 'utterances'>[]): string[] {
  const taken = new Set<string>()
  return groups.map(({value, utterances}) => {
    const name = value === '' ? '(none)' : cutText(visibleText(value), LONGEST)
    let label = `${name} (${formatCount(utterances)})`
    for (let number = 2; taken.has(label); number++) label = `${name} #${number} (${formatCount(utterances)})`
    taken.add(label)
    return label
  })
}
