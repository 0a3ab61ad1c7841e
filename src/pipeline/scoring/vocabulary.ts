/** Words as numbers from 0 in the order of their first use, so that words are compared as numbers. */
export interface Vocabulary {
  /** Of the words from `start` to before `end`. */
  numbersOf(words: readonly string[], start: number, end: number): Int32Array
  size(): number
}

export function createVocabulary(): Vocabulary {
  const numbers = new Map<string, number>()
  const numberOf = (word: string) => {
    const known = numbers.get(word)
    if (known !== undefined) return known
    numbers.set(word, numbers.size)
    return numbers.size - 1
  }
  return {
    numbersOf(words, start, end) {
      const list = new Int32Array(end - start)
      for (let i = start; i < end; i++) list[i - start] = numberOf(words[i] as string)
      return list
    },
    size: () => numbers.size,
  }
}
