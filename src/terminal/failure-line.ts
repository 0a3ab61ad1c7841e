import type {FailedRecord} from '../pipeline/transcripts/results.js'

/** `talk.mp3 is empty (0 bytes)`. Most messages begin with the name of the input; the others get it. */
export const failureLine = ({audio, error}: Pick<FailedRecord, 'audio' | 'error'>): string =>
  error.message.startsWith(audio) ? error.message : `${audio}: ${error.message}`
