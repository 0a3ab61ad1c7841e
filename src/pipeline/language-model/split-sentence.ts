import {SENTENCE_END, SENTENCE_START, UNKNOWN} from './backoff-model.js'

/** What becomes of the spelling of texts. */
export interface SpellingOptions {
  /**
   * `words`: letters, digits and apostrophes stay, everything else parts words. `none`: white space parts words, which
   * stay as they are.
   */
  readonly normalize: 'words' | 'none'
  readonly case: 'lower' | 'upper' | 'keep'
}

/**
 * A function that splits a sentence into words as they are looked up when speech is recognized: CTC models write
 * letters, digits and apostrophes, in one case.
 */
export function sentenceSplitter({normalize, case: letters}: SpellingOptions): (sentence: string) => string[] {
  const cased = caseFunction(letters)
  if (normalize === 'none') {
    const spelled = (word: string) => (MARKS.has(word) ? word : cased(word))
    return sentence => sentence.split(WHITE_SPACE).filter(isWord).map(spelled)
  }
  return sentence => cased(bare(sentence)).split(' ').filter(isWord)
}

export function caseFunction(letters: SpellingOptions['case']): (text: string) => string {
  if (letters === 'keep') return text => text
  return letters === 'lower' ? text => text.toLowerCase() : text => text.toUpperCase()
}

const MARKS: ReadonlySet<string> = new Set([UNKNOWN, SENTENCE_START, SENTENCE_END])
/** That of KenLM's lmplz. */
const WHITE_SPACE = /[\0\t\n\r ]+/
const isWord = (word: string): boolean => word !== ''

/** Plain text, as most transcripts are, needs none of the rest. */
const PLAIN = /^[A-Za-z ]*$/
/** `<noise>`, `[laughter]`: what is not said. */
const MARKUP = /<[^<>\s]*>|\[[^[\]]*\]/g
const APOSTROPHES = /[‘’ʼ＇`´]/g
/** 'So,' he said. The final s' of a plural ends no quotation. */
const QUOTED = /(?<![\p{L}\p{M}\p{N}])'(?=\S)([^']*[^'\ss])'(?![\p{L}\p{M}\p{N}])/gu
const NO_WORD = /[^\p{L}\p{M}\p{N}']+/gu
/** Apostrophes that belong to no letter. */
const LONELY = /(?<=^|[ '])'+(?= |$)|''+/g

function bare(sentence: string): string {
  if (PLAIN.test(sentence)) return sentence
  return sentence
    .normalize('NFC')
    .replace(MARKUP, ' ')
    .replace(APOSTROPHES, "'")
    .replace(QUOTED, ' $1 ')
    .replace(NO_WORD, ' ')
    .replace(LONELY, ' ')
}
