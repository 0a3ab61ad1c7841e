/** Numbers of the marks; −1 for one that the words lack. */
export interface SpecialWords {
  readonly unknown: number
  readonly sentenceStart: number
  readonly sentenceEnd: number
}

/** Takes the n-grams of a file, order by order. Contexts are numbers that `child` gives. */
export interface NgramSink<Result> {
  addUnigram(word: number, log10: number, backoff: number): void
  /** −1 where there is no such n-gram. */
  child(context: number, word: number): number
  /** False where the n-gram is there already. */
  addMiddle(context: number, word: number, log10: number, backoff: number, order: number): boolean
  addLongest(context: number, word: number, log10: number, order: number): boolean
  build(special: SpecialWords): Result
}
