import {LinguluError} from '../pipeline/errors.js'
import type {TranscribeLiveOptions} from '../pipeline/transcribe-live.js'
import type {TranscribeFlags} from './transcribe-options.js'

/**
 * Where utterances begin and end.
 *
 * @throws LinguluError USAGE for what holds for whole recordings only.
 */
export function liveOptions(flags: TranscribeFlags): Pick<TranscribeLiveOptions, 'vad' | 'endpoints'> {
  const given = {
    endSilenceSeconds: flags['end-silence'],
    maxUtteranceSeconds: flags['max-utterance'],
    provisionalSeconds: flags['partial-every'] ?? 1,
    threshold: flags['vad-threshold'],
    minSpeechSeconds: flags['vad-min-speech'],
    preRollSeconds: flags['vad-pad'],
  }
  if (flags['vad-min-silence'] !== undefined)
    throw new LinguluError('USAGE', '--vad-min-silence is not for --live.', {hint: 'Use --end-silence.'})
  if (flags['vad-max-speech'] !== undefined)
    throw new LinguluError('USAGE', '--vad-max-speech is not for --live.', {hint: 'Use --max-utterance.'})
  const endpoints = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
  return {vad: {model: flags['vad-model']}, endpoints}
}
