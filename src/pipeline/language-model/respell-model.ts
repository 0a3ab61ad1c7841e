import {WordTable} from '../decoding/ctc/word-table.js'
import {LinguluError} from '../errors.js'
import {type BackoffModel, SENTENCE_END, SENTENCE_START, UNKNOWN} from './backoff-model.js'

/**
 * The model with its words spelled in another way; `<unk>`, `<s>` and `</s>` are always spelled so.
 *
 * @param name what error messages call it
 * @throws LinguluError MODEL_INVALID where two words become one
 */
export function respellModel(model: BackoffModel, spell: (word: string) => string, name: string): BackoffModel {
  const marks = new Map([
    [model.unknown, UNKNOWN],
    [model.sentenceStart, SENTENCE_START],
    [model.sentenceEnd, SENTENCE_END],
  ])
  const words = new WordTable()
  for (let word = 0; word < model.words.size; word++) {
    const spelled = marks.get(word) ?? spell(model.words.text(word))
    if (words.addText(spelled) >= 0) continue
    const other = model.words.text(words.findText(spelled))
    throw new LinguluError('MODEL_INVALID', `${name}: the words ${other} and ${model.words.text(word)} become one.`, {
      hint: 'Leave the spelling as it is (--case keep), or make the model again in one case.',
    })
  }
  return {...model, words}
}
