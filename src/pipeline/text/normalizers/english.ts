import {joinSpaces, removeBracketed} from './basic.js'
import {standardizeNumbers} from './english-numbers.js'
import {DIGIT, SPACE, splitWords, WORD} from './python-characters.js'
import {removeSymbolsAndDiacritics} from './remove-symbols.js'

const FILLERS = new RegExp(`(?<![${WORD}])(?:hmm|mm|mhm|mmm|uh|um)(?![${WORD}])`, 'gu')
const SPACES_BEFORE_APOSTROPHE = new RegExp(`[${SPACE}]+'`, 'gu')
const COMMA_IN_NUMBER = new RegExp(`([${DIGIT}]),([${DIGIT}])`, 'gu')

/** Whole words, in this order. From openai/whisper, `EnglishTextNormalizer`. */
const WORDS: readonly (readonly [string, string])[] = [
  ["won't", 'will not'],
  ["can't", 'can not'],
  ["let's", 'let us'],
  ["ain't", 'aint'],
  ["y'all", 'you all'],
  ['wanna', 'want to'],
  ['gotta', 'got to'],
  ['gonna', 'going to'],
  ["i'ma", 'i am going to'],
  ['imma', 'i am going to'],
  ['woulda', 'would have'],
  ['coulda', 'could have'],
  ['shoulda', 'should have'],
  ["ma'am", 'madam'],
  ['mr', 'mister '],
  ['mrs', 'missus '],
  ['st', 'saint '],
  ['dr', 'doctor '],
  ['prof', 'professor '],
  ['capt', 'captain '],
  ['gov', 'governor '],
  ['ald', 'alderman '],
  ['gen', 'general '],
  ['sen', 'senator '],
  ['rep', 'representative '],
  ['pres', 'president '],
  ['rev', 'reverend '],
  ['hon', 'honorable '],
  ['asst', 'assistant '],
  ['assoc', 'associate '],
  ['lt', 'lieutenant '],
  ['col', 'colonel '],
  ['jr', 'junior '],
  ['sr', 'senior '],
  ['esq', 'esquire '],
]

/** Ends of words, in this order: the perfect tenses come first. */
const ENDINGS: readonly (readonly [string, string])[] = [
  ["'d been", ' had been'],
  ["'s been", ' has been'],
  ["'d gone", ' had gone'],
  ["'s gone", ' has gone'],
  ["'d done", ' had done'],
  ["'s got", ' has got'],
  ["n't", ' not'],
  ["'re", ' are'],
  ["'s", ' is'],
  ["'d", ' would'],
  ["'ll", ' will'],
  ["'t", ' not'],
  ["'ve", ' have'],
  ["'m", ' am'],
]

const REPLACERS = [
  ...WORDS.map(([from, to]) => ({from, to, pattern: new RegExp(`(?<![${WORD}])${from}(?![${WORD}])`, 'gu')})),
  ...ENDINGS.map(([from, to]) => ({from, to, pattern: new RegExp(`${from}(?![${WORD}])`, 'gu')})),
]

/**
 * For English: contractions and titles in full, numbers in digits, fillers and brackets gone, words as `spellings` has
 * them. openai/whisper's `EnglishTextNormalizer`; it leaves a space where something was, also at the ends.
 */
export function normalizeEnglish(text: string, spellings: ReadonlyMap<string, string>): string {
  const bare = removeBracketed(text.toLowerCase()).replace(FILLERS, '').replace(SPACES_BEFORE_APOSTROPHE, "'")
  const expanded = REPLACERS.reduce(
    // Looking for the letters first saves most of the time.
    (sofar, {from, to, pattern}) => (sofar.includes(from) ? sofar.replace(pattern, to) : sofar),
    bare,
  )
  const plain = expanded.replace(COMMA_IN_NUMBER, '$1$2').replace(/\.([^0-9]|$)/gu, ' $1')
  const words = splitWords(standardizeNumbers(removeSymbolsAndDiacritics(plain, '.%$¢€£')))
  return joinSpaces(
    words
      .map(word => spellings.get(word) ?? word)
      .join(' ')
      .replace(/[.$¢€£]([^0-9])/gu, ' $1')
      .replace(/([^0-9])%/gu, '$1 '),
  )
}
