import {WordTable} from '../decoding/ctc/word-table.js'
import {type BackoffModel, SENTENCE_END, SENTENCE_START, UNKNOWN} from './backoff-model.js'

export interface SharedWords {
  /** `<unk>`, `<s>`, `</s>`, then the words of each model that those before it lack. */
  readonly words: WordTable
  /** For each model: the shared number of each of its words. */
  readonly numbers: readonly Uint32Array[]
}

/** Numbers the words of some models together. */
export function shareWords(models: readonly BackoffModel[]): SharedWords {
  const words = new WordTable()
  for (const mark of [UNKNOWN, SENTENCE_START, SENTENCE_END]) words.addText(mark)
  const numbers = models.map(({words: own, unknown, sentenceStart, sentenceEnd}) => {
    const marks = [unknown, sentenceStart, sentenceEnd]
    return Uint32Array.from({length: own.size}, (_, word) => {
      const mark = marks.indexOf(word)
      if (mark >= 0) return mark
      const added = words.add(own.bytes(word))
      return added < 0 ? words.find(own.bytes(word)) : added
    })
  })
  return {words, numbers}
}
