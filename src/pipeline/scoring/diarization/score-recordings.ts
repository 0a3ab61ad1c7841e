import {LinguluError} from '../../errors.js'
import {addErrors, diarizationErrorRate, jaccardErrorRate} from './rates.js'
import {type DiarizationErrors, type RecordingScore, scoreRecording} from './score-recording.js'
import type {ScoredRegionOptions} from './scored-regions.js'
import {someNames} from './some-names.js'
import type {DiarizationScore} from './speaker-score.js'
import {type Interval, type Turn, toSeconds} from './turn.js'

type Turns = ReadonlyMap<string, readonly Turn[]>

export interface Recordings {
  readonly reference: Turns
  readonly hypothesis: Turns
  readonly uem: ReadonlyMap<string, readonly Interval[]> | undefined
}

/**
 * The diarization errors of all recordings. As in dscore, one that has turns on one side only is wholly missed or wholly
 * false alarm, and a UEM says which recordings are scored; both are told in the warnings.
 *
 * @throws {LinguluError} MANIFEST_INVALID where no recording stands on both sides, or none in the UEM: names that differ
 */
export function scoreRecordings(
  {reference, hypothesis, uem}: Recordings,
  options: ScoredRegionOptions,
): Omit<DiarizationScore, 'options'> {
  const all = [...new Set([...reference.keys(), ...hypothesis.keys()])]
  const names = uem === undefined ? all : [...uem.keys()]
  refuseStrangers({reference, hypothesis, uem}, names)
  const scores = names.map(recording => {
    const turns = {reference: reference.get(recording) ?? [], hypothesis: hypothesis.get(recording) ?? []}
    return {recording, ...scoreRecording({...turns, evaluated: uem?.get(recording)}, options)}
  })
  return {
    type: 'diarization',
    schema: 1,
    ...ratesOf(addErrors(scores.map(({errors}) => errors)), scores),
    recordings: scores.map(score => {
      const {recording, errors, speakers, mapping} = score
      return {recording, ...ratesOf(errors, [score]), speakers, mapping: [...mapping]}
    }),
    warnings: warningsOf({reference, hypothesis, uem}, names, all),
  }
}

function ratesOf(errors: DiarizationErrors, scores: readonly RecordingScore[]) {
  return {
    der: diarizationErrorRate(errors),
    jer: jaccardErrorRate(scores),
    totalSeconds: toSeconds(errors.totalMicros),
    correctSeconds: toSeconds(errors.correctMicros),
    missedSeconds: toSeconds(errors.missedMicros),
    falseAlarmSeconds: toSeconds(errors.falseAlarmMicros),
    confusionSeconds: toSeconds(errors.confusionMicros),
  }
}

function refuseStrangers({reference, hypothesis, uem}: Recordings, names: readonly string[]): void {
  const spoken = names.filter(name => reference.has(name))
  if (spoken.length > 0 && (hypothesis.size === 0 || spoken.some(name => hypothesis.has(name)))) return
  const sides = [
    `reference: ${someNames([...reference.keys()])}`,
    `hypothesis: ${someNames([...hypothesis.keys()])}`,
    ...(uem === undefined ? [] : [`UEM: ${someNames([...uem.keys()])}`]),
  ]
  const what = uem === undefined ? 'reference and hypothesis' : 'reference, hypothesis and UEM'
  throw new LinguluError('MANIFEST_INVALID', `no recording is in ${what}\n  ${sides.join('\n  ')}`, {
    hint: 'The second field of an RTTM line and the first of a UEM line name the recording; they must be the same.',
  })
}

function warningsOf({reference, hypothesis, uem}: Recordings, names: readonly string[], all: readonly string[]) {
  const groups = [
    ['not in the hypothesis, so missed as a whole', names.filter(name => reference.has(name) && !hypothesis.has(name))],
    ['not in the reference, so false alarm', names.filter(name => hypothesis.has(name) && !reference.has(name))],
    ['not in the UEM, so not scored', uem === undefined ? [] : all.filter(name => !uem.has(name))],
  ] as const
  return groups.flatMap(([what, some]) => (some.length === 0 ? [] : [`${what}: ${someNames(some)}`]))
}
