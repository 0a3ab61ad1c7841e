import {type SpeakerScoringOptions, scoreSpeakers} from '../pipeline/score-speakers.js'
import type {SpeakerScore} from '../pipeline/scoring/diarization/speaker-score.js'
import {visibleText} from '../pipeline/text/visible-text.js'
import {formatSpeakerScore} from './format-speaker-score.js'

/** Scores two files with speakers and prints the table; warnings go to stderr. */
export async function runSpeakerScore(
  options: SpeakerScoringOptions,
  print: (text: string) => void,
): Promise<SpeakerScore> {
  const score = await scoreSpeakers(options)
  for (const warning of score.warnings) process.stderr.write(`Warning: ${visibleText(warning)}\n`)
  print(formatSpeakerScore(score))
  return score
}
