/** What is drawn as a whole, because the utterances within it are alike. */
export type UnitKind = 'speaker' | 'utterance'

/**
 * By what to draw: speakers, where there are two or more of them, else utterances. An utterance without a speaker, among
 * others that have one, stands for itself.
 */
export function chooseUnits(utterances: readonly {readonly id: string; readonly speaker?: string | undefined}[]): {
  readonly by: UnitKind
  readonly unitOf: (utterance: {readonly id: string; readonly speaker?: string | undefined}) => string
} {
  const speakers = new Set(utterances.flatMap(({speaker}) => speaker ?? []))
  if (speakers.size < 2) return {by: 'utterance', unitOf: ({id}) => id}
  return {by: 'speaker', unitOf: ({id, speaker}) => (speaker === undefined ? `utterance ${id}` : `speaker ${speaker}`)}
}

/**
 * The sum of each column over each unit. Units stand in the order of their names, so that the order of the utterances
 * changes no draw.
 */
export function sumByUnit<T extends {readonly unit: string}>(
  items: readonly T[],
  columns: readonly ((item: T) => number)[],
): {readonly units: number; readonly sums: readonly Float64Array[]} {
  const names = [...new Set(items.map(({unit}) => unit))].sort()
  const indexes = new Map(names.map((name, index) => [name, index]))
  const sums = columns.map(() => new Float64Array(names.length))
  for (const item of items) {
    const index = indexes.get(item.unit) ?? 0
    for (const [column, read] of columns.entries()) {
      const sum = sums[column]
      if (sum) sum[index] = (sum[index] ?? 0) + read(item)
    }
  }
  return {units: names.length, sums}
}

export const total = (values: Float64Array): number => values.reduce((sum, value) => sum + value, 0)
