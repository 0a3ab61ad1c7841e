import {stripVTControlCharacters} from 'node:util'
import type {Command} from '@oclif/core'
import {LinguluError} from '../pipeline/errors.js'
import {closestNames} from '../pipeline/text/closest-names.js'

/** What oclif says about a command line, in our words and without the pages of help that it adds. */
export function usageError(
  {message}: Error,
  {id, flags = {}, baseFlags = {}}: Omit<typeof Command, 'new'>,
): LinguluError {
  const text = stripVTControlCharacters(message).replace(/\s*See more help with --help\s*$/, '')
  const help = `lingulu ${id.replaceAll(':', ' ')} --help lists the options.`
  const [, unknown] = /^Nonexistent flags?: ([^,]*)/.exec(text) ?? []
  if (unknown === undefined) return new LinguluError('USAGE', reworded(text), {hint: help})
  const names = Object.keys({...flags, ...baseFlags}).map(name => `--${name}`)
  const similar = closestNames(names, unknown).slice(0, 1)
  return new LinguluError('USAGE', `There is no option ${unknown}.`, {
    hint: [...similar.map(name => `Did you mean ${name}?`), help].join(' '),
  })
}

const REWORDED: readonly (readonly [said: RegExp, better: string])[] = [
  [/^The following errors? occurred:\s+/, ''],
  [/^Parsing (--\S+)\s+/, '$1: '],
  [/All of the following must be provided when using (--\S+): (--\S+)/g, '$1 needs $2.'],
  [/(--[\w-]+)(?:=\S*)? cannot also be provided when using (--[\w-]+)/g, '$1 and $2 cannot be given together.'],
  [/^Expected (--[^=]+)=(.*) to be one of: (.*)$/, '$1 $2: choose one of $3.'],
  [/^Flag (--\S+) expects (?:a value|one of these values: (.*))$/, '$1 needs a value. $2'],
  [
    /Expected an integer greater than or equal to (\S+) but received: (\S+)/,
    '$2 is not a whole number of at least $1.',
  ],
  [/Expected an integer but received: (.*)/, '$1 is not a whole number.'],
]

const reworded = (text: string): string =>
  REWORDED.reduce((sofar, [said, better]) => sofar.replace(said, better), text).trim()
