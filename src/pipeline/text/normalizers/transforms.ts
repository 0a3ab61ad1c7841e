import {strip} from '../strip.js'
import {SPACE} from './python-characters.js'
import {compilePattern, compileWord} from './python-pattern.js'
import {PatternError} from './python-pattern-part.js'
import {compileTemplate} from './python-template.js'
import type {Transform} from './transform-schema.js'

type TextFunction = (text: string) => string

const SEVERAL_SPACES = new RegExp(`[${SPACE}]{2,}`, 'gu')
/** In the order in which they are replaced. */
const CONTRACTIONS = [
  ["won't", 'will not'],
  ["can't", 'can not'],
  ["let's", 'let us'],
  ["n't", ' not'],
  ["'re", ' are'],
  ["'s", ' is'],
  ["'d", ' would'],
  ["'ll", ' will'],
  ["'t", ' not'],
  ["'ve", ' have'],
  ["'m", ' am'],
] as const

/**
 * The transforms of a list one after the other, each as that of jiwer's `transforms.py` of the same name.
 * @throws PatternError with the place in the list
 */
export function compileTransforms(transforms: readonly Transform[]): TextFunction {
  const functions = transforms.map((transform, index) => {
    try {
      return compileTransform(transform)
    } catch (error) {
      if (!(error instanceof PatternError)) throw error
      throw new PatternError(`[${index}] ${transform.transform}: ${error.message}`, {cause: error})
    }
  })
  return text => functions.reduce((sofar, transform) => transform(sofar), text)
}

function compileTransform(transform: Transform): TextFunction {
  switch (transform.transform) {
    case 'ToLowerCase':
      return text => text.toLowerCase()
    case 'ToUpperCase':
      return text => text.toUpperCase()
    case 'Strip':
      return strip
    case 'RemoveMultipleSpaces':
      return text => text.replace(SEVERAL_SPACES, ' ')
    case 'RemovePunctuation':
      return text => text.replace(/\p{P}/gu, '')
    case 'RemoveKaldiNonWords':
      return text => text.replace(/[<[][^>\]]*[>\]]/gu, '')
    case 'RemoveEmptyStrings':
      // jiwer drops the string; here a pair stays one, so that texts do not shift against each other.
      return text => (strip(text) === '' ? '' : text)
    case 'ExpandCommonEnglishContractions':
      return text => CONTRACTIONS.reduce((sofar, [from, to]) => sofar.replaceAll(from, to), text)
    case 'RemoveWhiteSpace':
      return removeWhiteSpace(transform.replace_by_space ? ' ' : '')
    case 'RemoveSpecificWords':
      return substitute(
        transform.words_to_remove.map(word => [word, ' ']),
        compileWord,
      )
    case 'SubstituteWords':
      return substitute(transform.substitutions, compileWord)
    case 'SubstituteRegexes':
      return substitute(transform.substitutions, compilePattern)
  }
}

const removeWhiteSpace =
  (replacement: string): TextFunction =>
  text =>
    text.replace(/[ \t-\r]/g, replacement)

type Pairs = readonly (readonly [string, string])[]

function substitute(pairs: Pairs, compile: (from: string) => RegExp): TextFunction {
  const steps = pairs.map(([from, to]) => {
    try {
      const pattern = compile(from)
      return {pattern, replacement: compileTemplate(to, pattern)}
    } catch (error) {
      if (!(error instanceof PatternError)) throw error
      throw new PatternError(`${JSON.stringify(from)} → ${JSON.stringify(to)}: ${error.message}`, {cause: error})
    }
  })
  return text => steps.reduce((sofar, {pattern, replacement}) => sofar.replace(pattern, replacement), text)
}
