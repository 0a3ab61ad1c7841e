import {basename, join, resolve} from 'node:path'
import type {Clip} from '../../inputs/input.js'
import type {DatasetProblem, Utterance} from '../utterance.js'
import {type Entry, type List, readColumns, readList} from './kaldi-lists.js'
import {findBase, whyNoPath} from './kaldi-recordings.js'
import {type Layout, NO_COLUMNS, problemAt, type ReadContext, type Reading} from './layout.js'
import {walk} from './walk.js'

/** Kaldi's data folder: wav.scp and text; segments, utt2spk, utt2dur, reco2dur, utt2lang, spk2gender … where they are. */
export const kaldi: Layout = {
  name: 'kaldi',
  signs: 'a folder with wav.scp and text (Kaldi), or folders with them in it',
  async recognize({path, isFolder, folder, names}, signal) {
    if (!isFolder && !['wav.scp', 'text', 'segments'].includes(basename(path))) return undefined
    if (names.includes('wav.scp')) {
      return {sentence: `Read as a data folder of Kaldi, by its wav.scp.`, read: context => readFolder(folder, context)}
    }
    if (!isFolder) return undefined
    const found: string[] = []
    for await (const inside of walk(path, {depth: 1, limit: 200, signal}))
      if (inside.files.includes('wav.scp')) found.push(inside.relative)
    if (found.length === 0) return undefined
    const sentence = `Read as ${found.length} data folder${found.length === 1 ? '' : 's'} of Kaldi: ${found.join(', ')}.`
    return {
      sentence,
      async *read(context) {
        for (const split of found) yield* readFolder(join(path, split), context, split)
      },
    }
  },
}

interface Part {
  readonly recording: string
  readonly clip?: Clip
  readonly channel?: 'left' | 'right'
}

async function* readFolder(folder: string, {signal}: ReadContext, split?: string): AsyncGenerator<Reading> {
  const lists = await readLists(folder, signal)
  const {recordings, texts, segments} = lists
  for (const list of [recordings, segments, texts]) yield* list.problems
  const base = await findBase(folder, recordings.entries.values())
  const paths = new Map<string, string>()
  for (const [recording, {value, line}] of recordings.entries) {
    const problem = whyNoPath(value)
    if (problem === undefined) paths.set(recording, resolve(base, value))
    else yield problemAt(recordings.file, line, 'missing-audio', `"${recording}" ${problem}`)
  }
  const asked = texts.entries.size > 0 ? texts : segments.entries.size > 0 ? segments : recordings
  const toUtterance = utteranceMaker(lists, paths, split)
  for (const [id, {line}] of asked.entries)
    yield* toUtterance(id, asked === texts ? (texts.entries.get(id)?.value ?? '') : '', {file: asked.file, line})
  const owners = segments.entries.size > 0 ? segments : recordings
  if (texts.entries.size === 0)
    yield problemAt(texts.file, undefined, 'missing-reference', 'there is no list of references')
  else
    for (const [id, {line}] of owners.entries)
      if (!texts.entries.has(id)) yield problemAt(owners.file, line, 'missing-reference', `"${id}" has no line in text`)
}

async function readLists(folder: string, signal: AbortSignal | undefined) {
  const required = (name: string) => readList(join(folder, name), signal)
  const optional = async (name: string) => ({...(await readList(join(folder, name), signal)), problems: []})
  return {
    recordings: await required('wav.scp'),
    texts: await optional('text').then(async list => (list.entries.size > 0 ? required('text') : list)),
    segments: await optional('segments').then(async list => (list.entries.size > 0 ? required('segments') : list)),
    speakers: await optional('utt2spk'),
    languages: await optional('utt2lang'),
    durations: await optional('utt2dur'),
    recordingDurations: await optional('reco2dur'),
    columns: await readColumns(folder, signal),
  }
}

type Lists = Awaited<ReturnType<typeof readLists>>

function utteranceMaker(lists: Lists, paths: ReadonlyMap<string, string>, split: string | undefined) {
  const {segments, recordings, speakers, languages, durations, recordingDurations} = lists
  return function* (id: string, text: string, place: Utterance['place']): Generator<Utterance | DatasetProblem> {
    const part = segments.entries.size === 0 ? {recording: id} : parseSegment(id, segments)
    if ('kind' in part) {
      yield {...part, ...(part.line === undefined && place)}
      return
    }
    if (!recordings.entries.has(part.recording))
      yield {...problemAt('', 0, 'missing-audio', `"${part.recording}" has no line in wav.scp`), ...place}
    const speaker = speakers.entries.get(id)?.value || undefined
    yield {
      id,
      audio: paths.get(part.recording),
      clip: part.clip,
      channel: part.channel,
      text,
      speaker,
      language: languages.entries.get(id)?.value || undefined,
      durationSeconds:
        secondsOf(durations.entries.get(id)) ??
        part.clip?.durationSeconds ??
        (part.clip ? undefined : secondsOf(recordingDurations.entries.get(part.recording))),
      columns: columnsOf(lists, id, speaker, split),
      place,
    }
  }
}

/** `recording start end [channel]`; an end of -1 is that of the recording. */
function parseSegment(id: string, segments: List): Part | DatasetProblem {
  const entry = segments.entries.get(id)
  if (entry === undefined) return problemAt('', undefined, 'missing-audio', `"${id}" has no line in segments`)
  const fields = entry.value.split(/\s+/)
  const [recording = '', start = '', end = '', channel] = fields
  const [from, to] = [Number(start), Number(end)]
  const wrong = (message: string) =>
    problemAt(segments.file, entry.line, 'unreadable-row', `"${entry.value.slice(0, 80)}": ${message}`)
  if (fields.length < 3 || fields.length > 4) return wrong('not recording, start and end')
  if (!Number.isFinite(from) || !Number.isFinite(to) || from < 0) return wrong('start and end are not seconds')
  if (to !== -1 && to <= from) return wrong('the end is not after the start')
  if (channel !== undefined && !/^[01]$/.test(channel)) return wrong(`channel ${channel} is not 0 or 1`)
  const durationSeconds = Math.round((to - from) * 1e6) / 1e6
  return {
    recording,
    clip: to === -1 ? {offsetSeconds: from} : {offsetSeconds: from, durationSeconds},
    ...(channel !== undefined && {channel: channel === '0' ? ('left' as const) : ('right' as const)}),
  }
}

function secondsOf(entry: Entry | undefined): number | undefined {
  const seconds = Number(entry?.value || Number.NaN)
  return Number.isFinite(seconds) && seconds >= 0 ? seconds : undefined
}

function columnsOf({columns}: Lists, id: string, speaker: string | undefined, split: string | undefined) {
  const found: Record<string, string> = split === undefined ? {} : {split}
  for (const {name, of, list} of columns) {
    const value = list.entries.get(of === 'speaker' ? (speaker ?? id) : id)?.value
    if (value !== undefined && value !== '') found[name] = value
  }
  return Object.keys(found).length === 0 ? NO_COLUMNS : found
}
