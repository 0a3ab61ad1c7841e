import {Flags} from '@oclif/core'
import {LinguluError} from '../pipeline/errors.js'
import type {SpeakerScoringOptions} from '../pipeline/score-speakers.js'
import {numberFlag} from './parse-number.js'
import {type ScoringFlags, scoringOptions} from './scoring-flags.js'

const helpGroup = 'SPEAKERS (RTTM)'

export const speakerScoringFlags = {
  collar: numberFlag({
    helpGroup,
    description: 'Seconds not scored on each side of every boundary of the reference. Default: 0.',
  }),
  'ignore-overlap': Flags.boolean({
    helpGroup,
    description: 'Do not score where speakers of the reference overlap.',
  }),
  uem: Flags.string({
    helpGroup,
    helpValue: '<file>',
    description: 'The regions to score. Default: from the first beginning to the last end in both files.',
  }),
}

export interface SpeakerScoringFlags extends ScoringFlags {
  readonly collar?: number | undefined
  readonly 'ignore-overlap'?: boolean | undefined
  readonly uem?: string | undefined
  readonly alignments?: boolean | undefined
  readonly by?: readonly string[] | undefined
}

const ONLY_FOR_TEXTS = ['weights', 'compounds', 'contractions', 'alignments', 'by'] as const
const ONLY_FOR_SPEAKERS = ['collar', 'ignore-overlap', 'uem'] as const
const OF_NORMALIZERS = ['normalizer', 'spellings', 'transforms', 'remove-diacritics', 'split-letters'] as const

/** @throws {LinguluError} OPTION_UNSUPPORTED for flags that only plain texts have */
export function speakerScoringOptions(
  files: Pick<SpeakerScoringOptions, 'reference' | 'hypothesis'>,
  flags: SpeakerScoringFlags,
): SpeakerScoringOptions {
  refuse(ONLY_FOR_TEXTS, flags, 'not for files with speakers')
  return {
    ...files,
    ...(flags.collar === undefined ? {} : {collarSeconds: flags.collar}),
    ...(isGiven(flags['ignore-overlap']) ? {ignoreOverlap: true} : {}),
    ...(flags.uem === undefined ? {} : {uem: flags.uem}),
    ...(OF_NORMALIZERS.some(name => isGiven(flags[name]))
      ? {normalizer: scoringOptions(flags, 'none').normalizer}
      : {}),
  }
}

/** @throws {LinguluError} OPTION_UNSUPPORTED for flags that only files with speakers have */
export function refuseSpeakerFlags(flags: SpeakerScoringFlags): void {
  refuse(ONLY_FOR_SPEAKERS, flags, 'only for .rttm files')
}

function refuse(names: readonly (keyof SpeakerScoringFlags)[], flags: SpeakerScoringFlags, why: string): void {
  const given = names.filter(name => isGiven(flags[name]))
  if (given.length === 0) return
  throw new LinguluError('OPTION_UNSUPPORTED', `--${given.join(', --')}: ${why}.`, {
    hint: 'docs/diarization-scoring.md says what is measured of which files.',
  })
}

const isGiven = (value: unknown): boolean => value !== undefined && value !== false
