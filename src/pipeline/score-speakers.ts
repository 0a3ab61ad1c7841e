import {z} from 'zod'
import {LinguluError} from './errors.js'
import {explainIssues} from './explain-issues.js'
import {readWholeText} from './inputs/read-whole-text.js'
import {parseCtm} from './scoring/diarization/parse-ctm.js'
import {parseRttm} from './scoring/diarization/parse-rttm.js'
import {parseSegLst} from './scoring/diarization/parse-seglst.js'
import {parseStm} from './scoring/diarization/parse-stm.js'
import {parseUem} from './scoring/diarization/parse-uem.js'
import {scoreRecordings} from './scoring/diarization/score-recordings.js'
import {scoreSessions} from './scoring/diarization/score-sessions.js'
import type {CpScore, DiarizationScore, SpeakerScore} from './scoring/diarization/speaker-score.js'
import {speakerScoringKind} from './scoring/diarization/speaker-scoring-kind.js'
import {toMicros} from './scoring/diarization/turn.js'
import {NormalizerOptions} from './text/normalizers/normalizer-options.js'
import {openNormalizer} from './text/normalizers/open-normalizer.js'

export const SpeakerScoringOptions = z.strictObject({
  reference: z.string().min(1).describe('RTTM; or STM, CTM, SegLST JSON.'),
  hypothesis: z.string().min(1).describe('RTTM where the reference is RTTM; else STM, CTM, SegLST JSON.'),
  collarSeconds: z.number().min(0).optional().describe('RTTM: not scored on each side of a boundary. Default 0.'),
  ignoreOverlap: z.boolean().optional().describe('RTTM: leave out where speakers of the reference overlap.'),
  uem: z.string().min(1).optional().describe('RTTM: a file of the regions to score.'),
  normalizer: NormalizerOptions.optional().describe('STM, CTM, SegLST: what is done to the words. Default: none.'),
})
export type SpeakerScoringOptions = Readonly<z.input<typeof SpeakerScoringOptions>>

/**
 * Scores who spoke when (RTTM: DER and JER) or who said what (STM, CTM, SegLST: cpWER). The ends of the file names say
 * which. Rates are shares of 1, times seconds.
 *
 * @throws {LinguluError} CONFIG_INVALID, USAGE (formats that do not go together), OPTION_UNSUPPORTED (a normalizer for
 *   RTTM, a collar for cpWER), MANIFEST_INVALID (a file, with its lines; recordings on one side only)
 */
export async function scoreSpeakers(
  options: SpeakerScoringOptions,
  {signal}: {readonly signal?: AbortSignal | undefined} = {},
): Promise<SpeakerScore> {
  const parsed = SpeakerScoringOptions.safeParse(options)
  if (!parsed.success) throw new LinguluError('CONFIG_INVALID', explainIssues(parsed.error))
  return kindOf(parsed.data) === 'diarization' ? scoreTurns(parsed.data, signal) : scoreTexts(parsed.data, signal)
}

function kindOf({reference, hypothesis}: SpeakerScoringOptions): 'diarization' | 'cpwer' {
  const kind = speakerScoringKind(reference, hypothesis)
  if (kind !== undefined) return kind
  throw new LinguluError('USAGE', `${reference} and ${hypothesis} are not both transcripts with speakers`, {
    hint: 'Their names must end in .rttm, .stm, .ctm or .json (SegLST).',
  })
}

async function scoreTurns(
  {reference, hypothesis, uem, normalizer, collarSeconds = 0, ignoreOverlap = false}: SpeakerScoringOptions,
  signal: AbortSignal | undefined,
): Promise<DiarizationScore> {
  if (normalizer !== undefined)
    throw new LinguluError('OPTION_UNSUPPORTED', 'RTTM files have no words: a normalizer has nothing to do there.')
  const [spoken, heard, evaluated] = await Promise.all([
    readWholeText(reference, signal).then(text => parseRttm(text, reference)),
    readWholeText(hypothesis, signal).then(text => parseRttm(text, hypothesis)),
    uem === undefined ? undefined : readWholeText(uem, signal).then(text => parseUem(text, uem)),
  ])
  const scored = scoreRecordings(
    {reference: spoken.data, hypothesis: heard.data, uem: evaluated?.data},
    {collarMicros: toMicros(collarSeconds), ignoreOverlap},
  )
  return {
    ...scored,
    options: {reference, hypothesis, uem: uem ?? null, collarSeconds, ignoreOverlap},
    // A NOSCORE line of the hypothesis means nothing.
    warnings: [...spoken.notes, ...scored.warnings],
  }
}

const ONLY_FOR_TURNS = [
  ['collarSeconds', 'a collar'],
  ['ignoreOverlap', 'ignored overlap'],
  ['uem', 'a UEM'],
] as const

async function scoreTexts(options: SpeakerScoringOptions, signal: AbortSignal | undefined): Promise<CpScore> {
  const {reference, hypothesis} = options
  const useless = ONLY_FOR_TURNS.flatMap(([name, what]) => (options[name] === undefined ? [] : [what]))
  if (useless.length > 0)
    throw new LinguluError('OPTION_UNSUPPORTED', `${useless.join(', ')}: only for RTTM files; cpWER counts words.`)
  const normalizer = await openNormalizer(options.normalizer ?? {name: 'none'})
  const [spoken, heard] = await Promise.all([readTranscript(reference, signal), readTranscript(hypothesis, signal)])
  const scored = scoreSessions(spoken.data, heard.data, text => normalizer.normalize(text))
  const {name, hash, description} = normalizer
  return {
    ...scored,
    normalizer: {name, hash, description},
    options: {reference, hypothesis},
    warnings: [...spoken.notes, ...heard.notes, ...scored.warnings],
  }
}

async function readTranscript(path: string, signal: AbortSignal | undefined) {
  const text = await readWholeText(path, signal)
  if (/\.stm$/i.test(path)) return parseStm(text, path)
  return /\.ctm$/i.test(path) ? parseCtm(text, path) : parseSegLst(text, path)
}
