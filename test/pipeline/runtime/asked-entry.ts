import {LinguluError} from '../../../src/pipeline/errors.js'
import {answerQuestions} from '../../../src/pipeline/runtime/asked-process.js'

export interface Question {
  readonly wish: 'double' | 'fail' | 'die' | 'wait'
  readonly value: number
}

/* A process that doubles numbers, fails, dies or never answers, as it is asked to. */
answerQuestions<Question, number, string>(async ({wish, value}, tell) => {
  if (wish === 'fail') throw new LinguluError('MODEL_INVALID', 'It fails.', {hint: 'Ask otherwise.'})
  if (wish === 'die') {
    process.stderr.write('last words\n')
    process.exit(7)
  }
  tell(`${value} came`)
  if (wish === 'wait') await new Promise(() => {})
  return 2 * value
})
