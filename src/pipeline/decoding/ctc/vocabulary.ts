/** What the tokens of a CTC model write, and where words begin. */
export interface CtcVocabulary {
  readonly size: number
  readonly blank: number
  /** The token between words; −1 where there is none. */
  readonly delimiter: number
  /** What each token writes, without the mark of a word's beginning; empty for tokens that write nothing. */
  readonly pieces: readonly string[]
  /** 1 for a token that begins a word by itself (`▁the`). */
  readonly startsWord: Uint8Array
  /** 1 for a token of a script without spaces (`中`, `の`), which is taken for a word of its own in timed results. */
  readonly ideographic: Uint8Array
  /** 1 for tokens that a search must not choose: padding, unknown, begin and end of sentence. */
  readonly special: Uint8Array
  /** What stands between two words: nothing in vocabularies of single characters without a delimiter. */
  readonly separator: ' ' | ''
}

export interface TokenList {
  readonly vocabulary: readonly string[]
  readonly blank: number
  readonly wordDelimiter: string | undefined
  readonly special: ReadonlySet<number>
}

const IDEOGRAPH = /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]/u

/** SentencePiece's mark of a word's beginning. */
const WORD_MARK = '▁'

/**
 * Finds out how the tokens make words. Three kinds are known: characters with a delimiter (`|` or a space), pieces that
 * carry `▁` where a word begins, and vocabularies without words (phones, Chinese characters), where every token counts
 * as a word: phones, which have names of several letters, are written with spaces between them, characters without.
 */
export function ctcVocabulary({vocabulary, blank, wordDelimiter, special}: TokenList): CtcVocabulary {
  const silent = new Set([...special, blank])
  const delimiter = vocabulary.indexOf(wordDelimiter ?? ' ')
  const marked = vocabulary.some((token, id) => token.startsWith(WORD_MARK) && !silent.has(id))
  const wordless = delimiter < 0 && !marked
  const pieces = vocabulary.map((token, id) => {
    if (silent.has(id) || id === delimiter) return ''
    return marked ? token.replaceAll(WORD_MARK, '') : token
  })
  const named = pieces.some(piece => [...piece].length > 1)
  return {
    size: vocabulary.length,
    blank,
    delimiter,
    pieces,
    startsWord: Uint8Array.from(vocabulary, (token, id) =>
      !silent.has(id) && id !== delimiter && (wordless || (marked && token.startsWith(WORD_MARK))) ? 1 : 0,
    ),
    ideographic: Uint8Array.from(pieces, piece => (IDEOGRAPH.test(piece) ? 1 : 0)),
    special: Uint8Array.from(vocabulary, (_, id) => (special.has(id) && id !== blank ? 1 : 0)),
    separator: wordless && !named ? '' : ' ',
  }
}
