import {type ReadTextsOptions, readTexts, type TextSource} from './read-texts.js'

/** Splits a sentence into words. */
export type Splitter = (sentence: string) => string[]

/** What takes sentences. */
export interface SentenceSink {
  add(words: readonly string[]): void
}

/** Sentences without a word are left out. */
export function addSentences(to: SentenceSink, sentences: readonly string[], split: Splitter): void {
  for (const sentence of sentences) {
    const words = split(sentence)
    if (words.length > 0) to.add(words)
  }
}

/** Adds all sentences of some texts. @throws LinguluError as {@link readTexts} */
export async function addTexts(
  to: SentenceSink,
  texts: readonly TextSource[],
  split: Splitter,
  reading: ReadTextsOptions,
): Promise<void> {
  for (const text of texts) for await (const sentences of readTexts(text, reading)) addSentences(to, sentences, split)
}
