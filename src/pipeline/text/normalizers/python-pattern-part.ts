/** What is wrong with a pattern or a replacement, in words. */
export class PatternError extends Error {}

/** `(?a)`, `(?m)` and `(?s)` at the start of a pattern. */
export interface Flags {
  readonly ascii: boolean
  readonly multiline: boolean
  readonly dotAll: boolean
}

/** A part of a pattern in JavaScript's form, and the length that it has in Python's. */
export interface Part {
  readonly source: string
  readonly length: number
}
