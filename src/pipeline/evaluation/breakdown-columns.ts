import {LinguluError} from '../errors.js'
import {closestNames} from '../text/closest-names.js'
import type {SelectedDataset} from './select-dataset.js'

/**
 * What the scores are broken down by: what was asked for, else speaker (where there are several) and length (where
 * recordings are scored).
 *
 * @throws LinguluError USAGE for a column that the data set does not have
 */
export function chooseBreakdowns(
  {utterances, name}: Pick<SelectedDataset, 'utterances' | 'name'>,
  asked: readonly string[] | undefined,
): string[] {
  const speakers = new Set(utterances.flatMap(({speaker}) => speaker ?? []))
  const recorded = utterances.some(({audio, durationSeconds}) => audio !== undefined || durationSeconds !== undefined)
  if (asked === undefined) return [...(speakers.size > 1 ? ['speaker'] : []), ...(recorded ? ['length'] : [])]
  const columns = new Set([
    ...(speakers.size > 0 ? ['speaker'] : []),
    'length',
    ...(utterances.some(({language}) => language !== undefined) ? ['language'] : []),
    ...utterances.flatMap(utterance => Object.keys(utterance.columns)),
  ])
  for (const by of asked) {
    if (columns.has(by)) continue
    const [closest] = closestNames([...columns], by)
    throw new LinguluError('USAGE', `--by ${by}: ${name} has no such column.`, {
      hint: `${closest === undefined ? '' : `Did you mean ${closest}? `}There are ${[...columns].join(', ')}.`,
    })
  }
  return [...new Set(asked)]
}
