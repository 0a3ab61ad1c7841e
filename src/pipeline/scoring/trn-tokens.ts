import {LinguluError} from '../errors.js'

/**
 * A piece of a NIST transcript: plain text; a choice of texts, each a list of pieces again; or a word that need not be
 * said. An empty choice is nothing at all, written `@`.
 */
export type TrnToken =
  | {readonly kind: 'text'; readonly text: string}
  | {readonly kind: 'choice'; readonly choices: readonly (readonly TrnToken[])[]}
  | {readonly kind: 'optional'; readonly text: string}

export interface TrnOptions {
  /** Takes `(word)` as a word that may be left out, as sclite's `-D` does. */
  readonly optionalWords?: boolean | undefined
}

/**
 * Takes a transcript in NIST's TRN format apart, without its utterance id: words, alternatives `{a / b c / @}`, which may
 * stand in each other, and `(word)`. Words that follow each other are one text, so that a normalizer sees them together.
 *
 * @throws {LinguluError} `MANIFEST_INVALID` where a brace is not closed, or holds nothing.
 */
export function trnTokens(transcript: string, options: TrnOptions = {}): TrnToken[] {
  const tokens: TrnToken[] = []
  let words: string[] = []
  const endText = () => {
    if (words.length > 0) tokens.push({kind: 'text', text: words.join(' ')})
    words = []
  }
  for (const piece of pieces(transcript)) {
    if (piece.startsWith('{')) {
      endText()
      tokens.push(choice(piece, transcript, options))
    } else if (piece === '@') {
      endText()
      tokens.push({kind: 'choice', choices: [[]]})
    } else if (options.optionalWords === true && /^\(.+\)$/u.test(piece)) {
      endText()
      tokens.push({kind: 'optional', text: piece.slice(1, -1)})
    } else {
      words.push(piece)
    }
  }
  endText()
  return tokens
}

/** Words, and whole braces with what is in them; a brace inside a word is a part of the word. */
function* pieces(transcript: string): Generator<string> {
  let at = 0
  while (at < transcript.length) {
    if (/\s/u.test(transcript.charAt(at))) {
      at++
      continue
    }
    const end = transcript.charAt(at) === '{' ? closingBrace(transcript, at) + 1 : endOfWord(transcript, at)
    yield transcript.slice(at, end)
    at = end
  }
}

function endOfWord(transcript: string, start: number): number {
  const length = transcript.slice(start).search(/\s/u)
  return length < 0 ? transcript.length : start + length
}

function closingBrace(transcript: string, start: number): number {
  let depth = 0
  for (let at = start; at < transcript.length; at++) {
    if (transcript.charAt(at) === '{') depth++
    else if (transcript.charAt(at) === '}' && --depth === 0) return at
  }
  throw invalid(`The brace at character ${start + 1} is not closed`, transcript)
}

function choice(piece: string, transcript: string, options: TrnOptions): TrnToken {
  const choices = splitChoices(piece.slice(1, -1)).map(text => trnTokens(text, options))
  if (choices.length === 0) throw invalid('A brace holds no alternative', transcript)
  return {kind: 'choice', choices}
}

/** At the slashes outside inner braces. What is empty between two slashes is no choice: nothing is written `@`. */
function splitChoices(text: string): string[] {
  const choices: string[] = []
  let depth = 0
  let start = 0
  for (let at = 0; at <= text.length; at++) {
    const character = text.charAt(at)
    if (character === '{') depth++
    else if (character === '}') depth--
    if (at < text.length && (character !== '/' || depth > 0)) continue
    choices.push(text.slice(start, at))
    start = at + 1
  }
  return choices.filter(choice => choice.trim() !== '')
}

function invalid(what: string, transcript: string): LinguluError {
  return new LinguluError('MANIFEST_INVALID', `${what} in the transcript “${transcript}”.`, {
    hint: 'Write alternatives as {a / b}, and {a / @} where a word may be missing.',
  })
}
