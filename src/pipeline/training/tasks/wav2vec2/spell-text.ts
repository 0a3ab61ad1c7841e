/** The tokens of a text, or why it cannot be written with them. */
export type Spelling = {readonly ids: readonly number[]} | {readonly problem: string}

export interface SpellingRules {
  readonly ids: ReadonlyMap<string, number>
  /** Between words; −1 where nothing stands there. */
  readonly delimiter: number
  /** Brings letters into the vocabulary's case. */
  readonly fold: (text: string) => string
}

/** The case that all letters of a vocabulary are in. */
export function letterCase(pieces: readonly string[]): SpellingRules['fold'] {
  const upper = pieces.some(piece => piece !== piece.toLowerCase())
  const lower = pieces.some(piece => piece !== piece.toUpperCase())
  if (upper === lower) return text => text
  return upper ? text => text.toUpperCase() : text => text.toLowerCase()
}

const SPOKEN = /[\p{L}\p{M}\p{N}]/u
const APOSTROPHES = /[’ʼ‘`´]/gu

/**
 * Spells a text in single characters. Punctuation that the vocabulary lacks ends a word, but apostrophes are left out; a
 * letter or digit that it lacks makes the text unfit for training.
 */
export function spellText(text: string, {ids, delimiter, fold}: SpellingRules): Spelling {
  const spelled: number[] = []
  let space = false
  for (const character of fold(text.normalize('NFC')).replace(APOSTROPHES, ids.has("'") ? "'" : '')) {
    const id = ids.get(character)
    if (id === undefined) {
      if (SPOKEN.test(character)) return {problem: `the vocabulary has no ${JSON.stringify(character)}`}
      space ||= character !== "'"
      continue
    }
    if (space && spelled.length > 0 && delimiter >= 0) spelled.push(delimiter)
    space = false
    spelled.push(id)
  }
  return spelled.length === 0 ? {problem: 'it has no text'} : {ids: spelled}
}
