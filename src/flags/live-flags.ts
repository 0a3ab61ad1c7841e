import {Flags} from '@oclif/core'
import {numberFlag} from './parse-number.js'

const helpGroup = 'LIVE'

/** What needs a recording that has an end, or several recordings. */
const WHOLE_FILES = [
  'manifest',
  'format',
  'output-dir',
  'output-name',
  'on-exists',
  'resume',
  'json-layout',
  'json',
  'fail-fast',
  'dry-run',
  'workers',
  'batch-size',
  'timeout',
  'channel',
  'normalize',
  'trim-silence',
  'clip-timestamps',
  'max-line-width',
  'max-line-count',
  'max-words-per-line',
  'highlight-words',
] as const

const dependsOn = ['live']

export const liveFlags = {
  live: Flags.boolean({
    helpGroup,
    exclusive: [...WHOLE_FILES],
    description: 'Transcribe stdin as it comes: segments are printed as they firm up.',
  }),
  'end-silence': numberFlag({
    helpGroup,
    dependsOn,
    description: 'Silence that ends an utterance (seconds). Default: 0.6.',
  }),
  'max-utterance': numberFlag({
    helpGroup,
    dependsOn,
    description: 'An utterance is cut after this (seconds). Default: 30.',
  }),
  'partial-every': numberFlag({
    helpGroup,
    dependsOn,
    description: 'Seconds of speech between provisional texts. Default: 1.',
  }),
}
