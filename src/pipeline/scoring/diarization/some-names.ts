const SHOWN = 5

/** `a, b, c` or `a, b, c, d, e and 12 more`. */
export function someNames(names: readonly string[]): string {
  if (names.length === 0) return 'none'
  const rest = names.length - SHOWN
  return names.slice(0, SHOWN).join(', ') + (rest > 0 ? ` and ${rest} more` : '')
}
