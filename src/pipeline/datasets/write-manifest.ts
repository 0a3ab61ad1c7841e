import {stat} from 'node:fs/promises'
import {dirname, extname, isAbsolute, relative, resolve, sep} from 'node:path'
import {LinguluError} from '../errors.js'
import {writeAtomically} from '../transcripts/atomic-write.js'
import type {Utterance} from './utterance.js'

export interface WriteManifestOptions {
  /** What to do about a file that is there. Default: `error`. */
  readonly onExists?: 'error' | 'overwrite' | undefined
  /** How recordings are named. Default: `relative` to the manifest's folder where they lie in it, else absolute. */
  readonly paths?: 'relative' | 'absolute' | undefined
  readonly signal?: AbortSignal | undefined
}

/** In this order; only those that some utterance has. */
const FIELDS = ['id', 'audio', 'offset', 'duration', 'seconds', 'channel', 'text', 'speaker', 'language'] as const

type Record = ReadonlyMap<string, string | number>

/**
 * Writes utterances as a manifest that `readDataset` reads back as they are: CSV (RFC 4180) or JSON lines by the
 * extension of the path. Every further column of the utterances is written too.
 * @throws {LinguluError} USAGE for another extension, OUTPUT_EXISTS, OUTPUT_FAILED
 */
export async function writeManifest(
  path: string,
  utterances: readonly Utterance[],
  {onExists = 'error', paths = 'relative', signal}: WriteManifestOptions = {},
): Promise<void> {
  const format = formatOf(path)
  const target = resolve(path)
  if (onExists === 'error' && (await stat(target).catch(() => undefined)) !== undefined)
    throw new LinguluError('OUTPUT_EXISTS', `${path}: is there already`, {
      hint: 'Choose another name, or say that it may be replaced.',
    })
  const name = (audio: string) => (paths === 'relative' ? relativeTo(dirname(target), audio) : audio)
  const records = utterances.map(utterance => toRecord(utterance, name))
  const content = format === 'csv' ? toCsv(records) : toJsonLines(records)
  await writeAtomically([{path: target, content}], signal)
}

function formatOf(path: string): 'csv' | 'jsonl' {
  const extension = extname(path).toLowerCase()
  if (extension === '.csv') return 'csv'
  if (['.jsonl', '.ndjson', '.json'].includes(extension)) return 'jsonl'
  throw new LinguluError('USAGE', `${path}: not a name for a manifest`, {hint: 'It must end in .csv or .jsonl.'})
}

function relativeTo(folder: string, audio: string): string {
  const path = relative(folder, audio)
  return path.startsWith('..') || isAbsolute(path) ? audio : path.split(sep).join('/')
}

function toRecord(utterance: Utterance, name: (audio: string) => string): Record {
  const {id, audio, text, clip, channel, speaker, language, durationSeconds, columns} = utterance
  // With an offset, `duration` is what is cut out; without one, the length of the recording.
  const duration = clip === undefined ? durationSeconds : clip.durationSeconds
  const fields = {
    id,
    audio: audio === undefined ? undefined : name(audio),
    offset: clip?.offsetSeconds,
    duration,
    seconds: durationSeconds === duration ? undefined : durationSeconds,
    channel,
    text,
    speaker,
    language,
  }
  const record = new Map<string, string | number>()
  for (const field of FIELDS) if (fields[field] !== undefined) record.set(field, fields[field])
  for (const [column, value] of Object.entries(columns)) if (!record.has(column)) record.set(column, value)
  return record
}

function toJsonLines(records: readonly Record[]): string {
  return records.map(record => `${JSON.stringify(Object.fromEntries(record))}\n`).join('')
}

function toCsv(records: readonly Record[]): string {
  const names = new Set<string>(['id', 'text'])
  for (const record of records) for (const name of record.keys()) names.add(name)
  const known: readonly string[] = FIELDS
  const header = [...known.filter(name => names.has(name)), ...[...names].filter(name => !known.includes(name))]
  const rows = records.map(record => header.map(name => quote(String(record.get(name) ?? ''))).join(','))
  return `${[header.map(quote).join(','), ...rows].join('\n')}\n`
}

const quote = (field: string): string => (/[",;\r\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field)
