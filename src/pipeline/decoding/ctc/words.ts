import type {TokenSpan} from './token-span.js'
import type {CtcVocabulary} from './vocabulary.js'

/** A word and the tokens that write it. Frames: `start` inclusive, `end` exclusive. */
export interface CtcWord {
  readonly text: string
  /** What stands between the word before and this one: a space or nothing. */
  readonly separator: ' ' | ''
  readonly start: number
  readonly end: number
  readonly tokens: readonly TokenSpan[]
}

/** Gathers tokens into words. A word lasts from the start of its first token to the end of its last. */
export function wordsOf(spans: readonly TokenSpan[], vocabulary: CtcVocabulary): CtcWord[] {
  const {delimiter, startsWord, ideographic} = vocabulary
  const words: CtcWord[] = []
  let open: TokenSpan[] = []
  /** Known once a delimiter or a mark has been seen; the first word has the usual one. */
  let separator: ' ' | '' | undefined
  const close = () => {
    const word = wordOf(open, vocabulary, separator ?? vocabulary.separator)
    open = []
    if (word === undefined) return
    words.push(word)
    separator = undefined
  }
  let previous = delimiter
  for (const span of spans) {
    const {token} = span
    if (token === delimiter || startsWord[token] === 1) {
      close()
      separator = vocabulary.separator
    } else if (ideographic[token] === 1 || ideographic[previous] === 1) {
      close()
      separator ??= ''
    }
    if (token !== delimiter) open.push(span)
    previous = token
  }
  close()
  return words
}

/** The text that tokens write: words with one separator between them, none at the ends. */
export function textOf(tokens: readonly number[], vocabulary: CtcVocabulary): string {
  return continuationOf(tokens, vocabulary).trim()
}

/** What tokens add to a text: as {@link textOf}, but a space at the start is kept. */
export function continuationOf(tokens: readonly number[], vocabulary: CtcVocabulary): string {
  let text = ''
  for (const token of tokens) {
    if (token === vocabulary.delimiter || vocabulary.startsWord[token] === 1) text += vocabulary.separator
    text += vocabulary.pieces[token] ?? ''
  }
  return text.replace(/ {2,}/g, ' ').trimEnd()
}

function wordOf(open: readonly TokenSpan[], {pieces}: CtcVocabulary, separator: ' ' | ''): CtcWord | undefined {
  // Tokens that write nothing (<unk>, a lone ▁) are not where the word was heard.
  const tokens = open.filter(span => pieces[span.token] !== '')
  const first = tokens[0]
  const last = tokens.at(-1)
  if (first === undefined || last === undefined) return undefined
  return {text: tokens.map(span => pieces[span.token]).join(''), separator, start: first.start, end: last.end, tokens}
}
