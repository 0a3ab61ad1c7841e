import {type ErrorRecord, toErrorRecord} from '../errors.js'
import type {FailedRecord, ResultRecord, SummaryRecord, TranscribedRecord} from './results.js'
import type {Segment, Transcript} from './transcript.js'

/** What a transcript does not say of itself. */
export type TranscribedContext = Pick<
  TranscribedRecord,
  'audio' | 'id' | 'warnings' | 'outputs' | 'model' | 'options' | 'timings'
>

/** The record of one transcribed channel. */
export function transcribedRecord(transcript: Transcript, context: TranscribedContext): TranscribedRecord {
  const {text, language, languageProbability, durationSeconds, channel} = transcript
  return {
    type: 'result',
    status: 'ok',
    ...context,
    channel,
    text,
    language,
    languageProbability,
    durationSeconds,
    segments: transcript.segments.map(segmentRecord),
    suspects: [...transcript.suspects],
    rtfx: speed(durationSeconds, context.timings.wallSeconds),
  }
}

const finite = (value: number): number | null => (Number.isFinite(value) ? value : null)

const segmentRecord = (segment: Segment): TranscribedRecord['segments'][number] => ({
  ...segment,
  tokens: [...segment.tokens],
  averageLogProbability: finite(segment.averageLogProbability),
  compressionRatio: finite(segment.compressionRatio),
  noSpeechProbability: finite(segment.noSpeechProbability),
  words: segment.words?.map(word => ({...word, probability: finite(word.probability)})),
})

const speed = (audioSeconds: number, wallSeconds: number): number | null =>
  wallSeconds > 0 ? audioSeconds / wallSeconds : null

/** The record of an input that could not be transcribed. */
export function failedRecord(audio: string, error: unknown, id?: string): FailedRecord {
  return {type: 'result', status: 'failed', audio, id, error: withoutStack(toErrorRecord(error))}
}

const withoutStack = ({code, message, hint}: ErrorRecord): FailedRecord['error'] => ({code, message, hint})

/**
 * Counts results as they come, without keeping them, so that memory stays flat over any number of files. `total`: the
 * inputs there are, whether or not each comes to a result.
 */
export function startSummary(total: number) {
  const inputs = {total, ok: 0, failed: 0, skipped: 0, resumed: 0}
  const failures: SummaryRecord['failures'] = []
  let audioSeconds = 0
  let suspects = 0
  return {
    /** `results`: what became of one input, one record per channel. */
    add(results: readonly ResultRecord[]): void {
      const [first] = results
      if (first === undefined) return
      inputs[first.status]++
      if (first.status === 'failed') failures.push({audio: first.audio, error: first.error})
      const transcribed = results.filter(result => result.status === 'ok')
      suspects += transcribed.reduce((sum, result) => sum + result.suspects.length, 0)
      if (transcribed.some(({resumed}) => resumed)) inputs.resumed++
      else audioSeconds += transcribed.reduce((sum, {durationSeconds}) => sum + durationSeconds, 0)
    },
    finish(run: Pick<SummaryRecord, 'version' | 'model' | 'options' | 'wallSeconds'>): SummaryRecord {
      return {
        type: 'summary',
        ...run,
        inputs,
        suspects,
        audioSeconds,
        rtfx: audioSeconds > 0 ? speed(audioSeconds, run.wallSeconds) : null,
        failures,
      }
    },
  }
}
