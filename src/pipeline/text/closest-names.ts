/** Up to three names that differ from `text` by few letters, nearest first: what the user may have meant. */
export function closestNames(names: readonly string[], text: string): readonly string[] {
  return names
    .map(name => ({name, distance: editDistance(name, text.toLowerCase())}))
    .filter(({name, distance}) => distance <= Math.max(2, name.length / 4))
    .sort((a, b) => a.distance - b.distance)
    .slice(0, 3)
    .map(({name}) => name)
}

/** Insertions, deletions and substitutions between two short texts. */
function editDistance(a: string, b: string): number {
  let row = Array.from({length: b.length + 1}, (_, index) => index)
  for (const [i, letter] of [...a].entries()) {
    const next = [i + 1]
    for (const [j, other] of [...b].entries())
      next.push(Math.min((row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1, (row[j] ?? 0) + (letter === other ? 0 : 1)))
    row = next
  }
  return row.at(-1) ?? a.length
}
