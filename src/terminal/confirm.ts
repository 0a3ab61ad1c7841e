import {createInterface} from 'node:readline/promises'
import {LinguluError} from '../pipeline/errors.js'

/**
 * Asks a yes-or-no question on the terminal. Only a clear yes is one.
 *
 * @param flag answers it beforehand.
 * @throws LinguluError `USAGE` without a terminal.
 */
export async function confirm(question: string, flag: string): Promise<boolean> {
  if (!process.stdin.isTTY || !process.stderr.isTTY)
    throw new LinguluError('USAGE', `${question} There is no terminal to ask on.`, {
      hint: `Give ${flag} if you mean it.`,
    })
  const lines = createInterface({input: process.stdin, output: process.stderr})
  try {
    const answer = await lines.question(`${question} [y/N] `)
    return /^y(?:es)?$/i.test(answer.trim())
  } finally {
    lines.close()
  }
}
