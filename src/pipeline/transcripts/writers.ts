import {LinguluError} from '../errors.js'
import {writeCsv} from './writers/csv.js'
import {writeJson} from './writers/json.js'
import {writeSrt} from './writers/srt.js'
import {writeTsv} from './writers/tsv.js'
import {writeTxt} from './writers/txt.js'
import {writeVtt} from './writers/vtt.js'
import type {Writer} from './writers/writer.js'

/** The output formats. The name of a format is also its file name extension. */
export const writers = {
  txt: writeTxt,
  srt: writeSrt,
  vtt: writeVtt,
  tsv: writeTsv,
  csv: writeCsv,
  json: writeJson,
} as const satisfies Record<string, Writer>

export type OutputFormat = keyof typeof writers

export const OUTPUT_FORMATS = Object.keys(writers) as readonly OutputFormat[]

const isOutputFormat = (name: string): name is OutputFormat => Object.hasOwn(writers, name)

/**
 * The formats of `--format`: names with commas between them, or `all`. Named twice counts once.
 * @throws {LinguluError} USAGE for anything else.
 */
export function parseFormats(list: string): readonly OutputFormat[] {
  const names = list.split(',').map(name => name.trim().toLowerCase())
  const unknown = names.filter(name => name !== 'all' && !isOutputFormat(name))
  if (unknown.length > 0)
    throw new LinguluError('USAGE', `--format ${list}: unknown format ${unknown.map(name => `"${name}"`).join(', ')}`, {
      hint: `Choose from ${OUTPUT_FORMATS.join(', ')} (several with commas between them) or all.`,
    })
  if (names.includes('all')) return OUTPUT_FORMATS
  return [...new Set(names.filter(isOutputFormat))]
}
