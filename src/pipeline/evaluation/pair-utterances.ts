import {relative} from 'node:path'
import type {Utterance} from '../datasets/utterance.js'
import type {ScoringPair} from '../scoring/score-utterance.js'
import type {Hypothesis} from './hypotheses.js'

/**
 * Each reference with what was heard, in the order of the data set. What is missing or has failed is an empty text: it
 * counts as an utterance of which no word was recognised.
 */
export function pairUtterances(
  utterances: readonly Utterance[],
  texts: ReadonlyMap<string, Hypothesis>,
  cwd: string = process.cwd(),
): ScoringPair[] {
  return utterances.map(({id, speaker, language, columns, durationSeconds, audio, text}) => {
    const hypothesis = texts.get(id)
    const heard = hypothesis?.status === 'ok' ? hypothesis : undefined
    return {
      id,
      speaker,
      columns: language === undefined ? columns : {language, ...columns},
      durationSeconds: heard?.durationSeconds ?? durationSeconds,
      latencySeconds: heard?.latencySeconds,
      audio: audio === undefined ? undefined : relative(cwd, audio) || audio,
      referenceText: text,
      hypothesisText: heard?.text ?? '',
    }
  })
}
