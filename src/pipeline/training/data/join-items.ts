import type {TrainingItem} from '../tasks/training-task.js'

/** Recordings strung together, as one. Phones are kept where all have them. */
export function joinItems(row: readonly TrainingItem[]): TrainingItem {
  const [first] = row
  if (first === undefined) throw new RangeError('A row has at least one recording.')
  if (row.length === 1) return first
  const phones = row.flatMap(item => item.phones ?? [])
  return {
    ...first,
    id: row.map(({id}) => id).join(' '),
    text: row.map(({text}) => text).join(' '),
    seconds: row.reduce((sum, {seconds}) => sum + seconds, 0),
    phones: row.every(item => item.phones !== undefined) ? phones : undefined,
  }
}
