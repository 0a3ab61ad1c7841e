import {readFileSync} from 'node:fs'

/** A file of test/data/statistics-reference. */
export const reference = (name: string) =>
  JSON.parse(readFileSync(new URL(`../../data/statistics-reference/${name}.json`, import.meta.url), 'utf8'))

/** `unit` and counts of the reference's utterances. */
export const referenceItems: {unit: string; errors: number; length: number; other: number}[] = reference(
  'bootstrap',
).items.map(([unit, errors, length, other]: [string, number, number, number]) => ({unit, errors, length, other}))
