/** Letters that NFKD leaves whole. From openai/whisper, `normalizers/basic.py`. */
const LETTERS: ReadonlyMap<string, string> = new Map([
  ['œ', 'oe'],
  ['Œ', 'OE'],
  ['ø', 'o'],
  ['Ø', 'O'],
  ['æ', 'ae'],
  ['Æ', 'AE'],
  ['ß', 'ss'],
  ['ẞ', 'SS'],
  ['đ', 'd'],
  ['Đ', 'D'],
  ['ð', 'd'],
  ['Ð', 'D'],
  ['þ', 'th'],
  ['Þ', 'th'],
  ['ł', 'l'],
  ['Ł', 'L'],
])
const MARKS_SYMBOLS_LETTERS = new RegExp(`[\\p{M}\\p{S}\\p{P}${[...LETTERS.keys()].join('')}]`, 'gu')
const NONSPACING_MARK = /^\p{Mn}$/u

/** A space for every mark, symbol and punctuation mark; diacritics go. Whisper's `remove_symbols_and_diacritics`. */
export const removeSymbolsAndDiacritics = (text: string, keep = ''): string =>
  text.normalize('NFKD').replace(MARKS_SYMBOLS_LETTERS, character => {
    if (keep.includes(character)) return character
    return LETTERS.get(character) ?? (NONSPACING_MARK.test(character) ? '' : ' ')
  })

/** A space for every mark, symbol and punctuation mark; diacritics stay. Whisper's `remove_symbols`. */
export const removeSymbols = (text: string): string => text.normalize('NFKC').replace(/[\p{M}\p{S}\p{P}]/gu, ' ')
