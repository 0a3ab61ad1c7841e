import type {BackoffModel, NgramLevel} from './backoff-model.js'
import {shortestDecimal} from './shortest-decimal.js'

const PIECE_CHARACTERS = 1 << 16

/**
 * The model as an ARPA file, in pieces. Numbers are written so that they are read as the same floats; n-grams of the
 * highest order, and those that nothing continues and whose backoff is 0, have no backoff.
 */
export function* arpaText({words, levels}: BackoffModel): Generator<string> {
  const counts = levels.map((level, index) => `ngram ${index + 1}=${level.words.length}\n`)
  yield `\\data\\\n${counts.join('')}`
  const spelled = Array.from({length: words.size}, (_, word) => words.text(word))
  let below: Written | undefined
  for (const [index, level] of levels.entries()) {
    const written: Written = {level, below, spelled}
    yield `\n\\${index + 1}-grams:\n`
    yield* inPieces(level.words.length, ngram => line(written, ngram))
    below = written
  }
  yield '\n\\end\\\n'
}

interface Written {
  readonly level: NgramLevel
  readonly below: Written | undefined
  readonly spelled: readonly string[]
}

function line(written: Written, ngram: number): string {
  const {log10, backoffs} = written.level
  const backoff = backoffs[ngram] ?? 0
  const end = backoff === 0 ? '' : `\t${shortestDecimal(backoff)}`
  return `${shortestDecimal(log10[ngram] as number)}\t${spell(written, ngram)}${end}\n`
}

function spell({level: {words, contexts}, below, spelled}: Written, ngram: number): string {
  const word = spelled[words[ngram] as number] as string
  return below === undefined ? word : `${spell(below, contexts[ngram] as number)} ${word}`
}

function* inPieces(count: number, lineOf: (ngram: number) => string): Generator<string> {
  let piece = ''
  for (let ngram = 0; ngram < count; ngram++) {
    piece += lineOf(ngram)
    if (piece.length < PIECE_CHARACTERS) continue
    yield piece
    piece = ''
  }
  if (piece !== '') yield piece
}
