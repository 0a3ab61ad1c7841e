import {LinguluError} from '../../errors.js'
import {addCounts, type ErrorCounts, errorsOf, NO_ERRORS, referenceLength} from '../error-counts.js'
import {type CpErrors, cpErrors} from './cp-errors.js'
import type {SpeakerTranscript} from './segment.js'
import {someNames} from './some-names.js'
import type {CpScore} from './speaker-score.js'
import {sessionsOf, speakerWords, withoutIgnored} from './speaker-words.js'

/** Of the sessions of the reference, so large a share may lack a hypothesis (as meeteval). */
const ALLOWED_MISSING = 0.1

interface Counted {
  readonly words: ErrorCounts
  readonly speakers: CpScore['speakers']
}

/**
 * cpWER of all sessions. As in meeteval, a session that only the hypothesis has is an error, and so are more than a tenth
 * of sessions that only the reference has; fewer count as deleted and are told in the warnings.
 *
 * @throws {LinguluError} MANIFEST_INVALID for sessions on one side only
 */
export function scoreSessions(
  reference: SpeakerTranscript,
  hypothesis: SpeakerTranscript,
  normalize: (text: string) => string,
): Omit<CpScore, 'options' | 'normalizer'> {
  const spoken = sessionsOf(reference)
  const heard = sessionsOf(hypothesis)
  const silent = refuseUnpaired(spoken, heard, reference.ignored)
  const scores = [...spoken].map(([session, segments]) => {
    const kept = withoutIgnored(heard.get(session) ?? [], reference.ignored.get(session) ?? [], segments)
    const words = speakerWords(segments, {wordByWord: reference.wordByWord, normalize})
    const other = speakerWords(kept, {wordByWord: hypothesis.wordByWord, normalize})
    return {session, ...countSpeakers(cpErrors(words, other))}
  })
  return {
    type: 'cpwer',
    schema: 1,
    ...recordOf(scores.reduce(sum, NOTHING)),
    sessions: scores.map(score => ({
      session: score.session,
      ...recordOf(score),
      assignment: score.assignment.map(pair => ({...pair})),
    })),
    warnings: silent.length === 0 ? [] : [`not in the hypothesis, so deleted as a whole: ${someNames(silent)}`],
  }
}

/** @returns the sessions without a hypothesis */
function refuseUnpaired(
  spoken: ReadonlyMap<string, unknown>,
  heard: ReadonlyMap<string, unknown>,
  ignored: ReadonlyMap<string, unknown>,
): string[] {
  if (spoken.size === 0) throw unpaired('the reference has no segments to score')
  const extra = [...heard.keys()].filter(session => !spoken.has(session) && !ignored.has(session))
  if (extra.length > 0) throw unpaired(`sessions of the hypothesis that the reference lacks: ${someNames(extra)}`)
  const silent = [...spoken.keys()].filter(session => !heard.has(session))
  if (silent.length > ALLOWED_MISSING * spoken.size)
    throw unpaired(
      `${silent.length} of ${spoken.size} sessions of the reference are not in the hypothesis: ${someNames(silent)}`,
    )
  return silent
}

const unpaired = (message: string) =>
  new LinguluError('MANIFEST_INVALID', message, {
    hint: 'The first field of an STM or CTM line, or session_id, names the session. A session where nothing was recognized needs one segment without words (in a CTM, the word @).',
  })

function countSpeakers({words, assignment}: CpErrors) {
  const reference = assignment.filter(pair => pair.reference !== null).length
  const hypothesis = assignment.filter(pair => pair.hypothesis !== null).length
  const missed = Math.max(0, reference - hypothesis)
  const falseAlarm = Math.max(0, hypothesis - reference)
  return {words, assignment, speakers: {reference, hypothesis, missed, falseAlarm}}
}

const NOTHING: Counted = {words: NO_ERRORS, speakers: {reference: 0, hypothesis: 0, missed: 0, falseAlarm: 0}}

const sum = (a: Counted, b: Counted): Counted => ({
  words: addCounts(a.words, b.words),
  speakers: {
    reference: a.speakers.reference + b.speakers.reference,
    hypothesis: a.speakers.hypothesis + b.speakers.hypothesis,
    missed: a.speakers.missed + b.speakers.missed,
    falseAlarm: a.speakers.falseAlarm + b.speakers.falseAlarm,
  },
})

function recordOf({words, speakers}: Counted) {
  const errors = errorsOf(words)
  const referenceWords = referenceLength(words)
  return {cpwer: referenceWords === 0 ? null : errors / referenceWords, errors, referenceWords, ...words, speakers}
}
