/** `word(2)` is a second pronunciation. */
const VARIANT = /\(\d+\)$/

/**
 * The entries of a lexicon in the format of CMUdict: a word and its ARPAbet phones a line, comments after `#` or on lines
 * of `;;;`. Words come in upper case, phones without stress (`AH0` is `AH`); of a word with several pronunciations there
 * are several entries.
 */
export function* lexiconEntries(text: string): Generator<{readonly word: string; readonly phones: readonly string[]}> {
  for (const line of text.split('\n')) {
    if (line.startsWith(';;;')) continue
    const [word, ...phones] = (line.split('#')[0] ?? '').trim().split(/\s+/)
    if (word === undefined || phones.length === 0) continue
    yield {word: word.replace(VARIANT, '').toUpperCase(), phones: phones.map(withoutStress)}
  }
}

/** `AH0` is `AH`. */
export const withoutStress = (phone: string): string => phone.replace(/\d$/, '').toUpperCase()
