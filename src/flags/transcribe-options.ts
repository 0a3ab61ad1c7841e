import type {Interfaces} from '@oclif/core'
import type Transcribe from '../commands/transcribe.js'
import {LinguluError} from '../pipeline/errors.js'
import {parseLanguage} from '../pipeline/text/languages.js'
import type {OutputOptions, TranscribeOptions} from '../pipeline/transcribe.js'
import {parseFormats} from '../pipeline/transcripts/writers.js'
import {ctcOptions} from './ctc-flags.js'
import {modelOptions} from './model-options.js'
import {prepareOptions, rawLayout} from './prepare-options.js'
import {whisperOptions} from './whisper-flags.js'

export type TranscribeFlags = Interfaces.InferredFlags<typeof Transcribe.flags>

/**
 * What the command line asks for, as the library's options.
 *
 * @throws LinguluError USAGE for options that mean nothing together.
 */
export function transcribeOptions(inputs: readonly string[], flags: TranscribeFlags): TranscribeOptions {
  return {
    inputs,
    manifests: flags.manifest,
    ...modelOptions(flags),
    raw: rawLayout(flags),
    prepare: prepareOptions(flags),
    decoding: {...whisperOptions(flags, parseLanguage), ...ctcOptions(flags)},
    output: outputOptions(flags),
    failFast: flags['fail-fast'],
    dryRun: flags['dry-run'],
  }
}

/** Flags that shape files, and so mean nothing where none are written. */
const FILE_FLAGS = [
  'output-name',
  'on-exists',
  'resume',
  'json-layout',
  'max-line-width',
  'max-line-count',
  'max-words-per-line',
  'highlight-words',
] as const

function outputOptions(flags: TranscribeFlags): OutputOptions | undefined {
  const {format, 'output-dir': outputDir} = flags
  if (format === undefined && outputDir === undefined) {
    const idle = FILE_FLAGS.filter(name => flags[name])
    if (idle.length === 0) return undefined
    throw new LinguluError('USAGE', `${idle.map(name => `--${name}`).join(', ')} without files to write.`, {
      hint: 'Add --format or --output-dir.',
    })
  }
  requireWords(flags)
  return {
    formats: parseFormats(format ?? 'all'),
    outputDir,
    outputName: flags['output-name'],
    onExists: flags['on-exists'],
    resume: flags.resume,
    jsonLayout: flags['json-layout'],
    subtitles: {
      maxLineWidth: flags['max-line-width'],
      maxLineCount: flags['max-line-count'],
      maxWordsPerLine: flags['max-words-per-line'],
      highlightWords: flags['highlight-words'],
    },
  }
}

function requireWords(flags: TranscribeFlags): void {
  const shaping = ['max-line-width', 'max-line-count', 'max-words-per-line', 'highlight-words'] as const
  const given = shaping.filter(name => flags[name])
  if (given.length > 0 && !flags['word-timestamps'])
    throw new LinguluError('USAGE', `--${given[0]} needs word timestamps.`, {hint: 'Add --word-timestamps.'})
  if (flags['max-line-count'] && !flags['max-line-width'])
    throw new LinguluError('USAGE', '--max-line-count has no effect without --max-line-width.')
  if (flags['max-words-per-line'] && flags['max-line-count'])
    throw new LinguluError('USAGE', '--max-words-per-line has no effect with --max-line-width and --max-line-count.')
}
