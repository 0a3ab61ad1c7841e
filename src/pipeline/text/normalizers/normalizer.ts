/** Makes texts comparable before they are scored. */
export interface Normalizer {
  readonly name: string
  /** SHA-256 over everything that decides what it does: where it is the same, so are the outputs. */
  readonly hash: string
  /** For people: what it is and with which tables. */
  readonly description: string
  normalize(text: string): string
}
