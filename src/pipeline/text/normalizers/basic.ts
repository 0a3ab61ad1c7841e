import {SPACE} from './python-characters.js'
import {removeSymbols, removeSymbolsAndDiacritics} from './remove-symbols.js'

export interface BasicOptions {
  readonly removeDiacritics: boolean
  /** Puts a space between all characters as readers see them, for languages written without spaces. */
  readonly splitLetters: boolean
}

const SPACES = new RegExp(`[${SPACE}]+`, 'gu')
const characters = new Intl.Segmenter(undefined, {granularity: 'grapheme'})

/** What stands in `<…>`, `[…]` and `(…)` is not speech. */
export const removeBracketed = (text: string): string =>
  text.replace(/[<[][^>\]]*[>\]]/gu, '').replace(/\([^)]+?\)/gu, '')

/** One space for every run of white space. */
export const joinSpaces = (text: string): string => text.replace(SPACES, ' ')

/** For any language: lower case without brackets, punctuation and symbols. openai/whisper's `BasicTextNormalizer`. */
export function normalizeBasic(text: string, {removeDiacritics, splitLetters}: BasicOptions): string {
  const clean = removeDiacritics ? removeSymbolsAndDiacritics : removeSymbols
  const cleaned = clean(removeBracketed(text.toLowerCase())).toLowerCase()
  return joinSpaces(splitLetters ? Array.from(characters.segment(cleaned), ({segment}) => segment).join(' ') : cleaned)
}
