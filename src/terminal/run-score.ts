import {LinguluError} from '../pipeline/errors.js'
import {type ScoreOptions, score} from '../pipeline/score.js'
import type {ScoreDocument} from '../pipeline/text-pairs/score-document.js'
import {closedSignal} from './closed-output.js'
import {formatScore, scoreWarnings} from './format-score.js'
import {interruptSignal} from './interrupt.js'
import {spoolStdin} from './stdin.js'

/** Scores and prints it; what is missing goes to stderr. */
export async function runScore(options: ScoreOptions, print: (text: string) => void): Promise<ScoreDocument> {
  const {stdin, stdout, stderr} = process
  if ([options.reference, options.hypothesis].includes('-') && stdin.isTTY)
    throw new LinguluError('USAGE', 'Nothing is piped to stdin.', {
      hint: 'Pipe texts into the command: cat hypotheses.txt | lingulu score references.txt -',
    })
  using interrupt = interruptSignal('Interrupted.')
  using closed = closedSignal()
  using spool = spoolStdin()
  const signal = AbortSignal.any([interrupt.signal, closed.signal])
  const document = await score({...options, stdin: spool.save}, {signal})
  print(formatScore(document, {width: stdout.isTTY ? stdout.columns : undefined}))
  for (const warning of scoreWarnings(document)) stderr.write(`Warning: ${warning}\n`)
  return document
}
