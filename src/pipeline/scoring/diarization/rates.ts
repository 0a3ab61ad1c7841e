import type {DiarizationErrors, RecordingScore} from './score-recording.js'

/**
 * (missed + false alarm + confusion) / total. Without any speech in the reference 1 if there are errors, else 0, as in
 * pyannote.metrics and dscore.
 */
export function diarizationErrorRate(errors: DiarizationErrors): number {
  const wrong = errors.missedMicros + errors.falseAlarmMicros + errors.confusionMicros
  if (errors.totalMicros === 0) return wrong === 0 ? 0 : 1
  return wrong / errors.totalMicros
}

/**
 * The mean over the speakers of all references, as in dscore: a recording counts by its speakers, and one without speech
 * in the reference not at all, unless all are so.
 */
export function jaccardErrorRate(recordings: readonly Pick<RecordingScore, 'jaccard' | 'speakers'>[]): number {
  const rates = recordings.flatMap(({jaccard}) => jaccard)
  if (rates.length > 0) return rates.reduce((sum, rate) => sum + rate, 0) / rates.length
  return recordings.some(({speakers}) => speakers.hypothesis > 0) ? 1 : 0
}

export function addErrors(all: readonly DiarizationErrors[]): DiarizationErrors {
  const sum = (of: keyof DiarizationErrors) => all.reduce((sofar, errors) => sofar + errors[of], 0)
  return {
    totalMicros: sum('totalMicros'),
    correctMicros: sum('correctMicros'),
    missedMicros: sum('missedMicros'),
    falseAlarmMicros: sum('falseAlarmMicros'),
    confusionMicros: sum('confusionMicros'),
  }
}
