import {basename, extname, join} from 'node:path'
import type {ChannelChoice} from '../../audio/source.js'
import type {DatasetProblem, Utterance} from '../utterance.js'
import {type AudioFinder, findAudio} from './find-audio.js'
import {type Layout, NO_COLUMNS, problemAt, type ReadContext, type Reading} from './layout.js'
import {textLines} from './text-lines.js'
import {unlistedProblem} from './unlisted.js'
import {walk} from './walk.js'

/**
 * Segment time marks of NIST's sclite, `file channel speaker start end [<label>] text`, with the recordings beside them.
 * Segments marked `ignore_time_segment_in_scoring` are left out, which a note tells.
 */
export const stm: Layout = {
  name: 'stm',
  signs: '*.stm with recordings beside it',
  async recognize({path, isFolder, folder}, signal) {
    const files: string[] = []
    if (isFolder) {
      for await (const inside of walk(path, {depth: 2, limit: 200, signal}))
        files.push(...inside.files.filter(isStm).map(name => join(inside.path, name)))
    } else if (isStm(path)) files.push(path)
    if (files.length === 0) return undefined
    const count = files.length === 1 ? basename(files[0] ?? '') : `${files.length} files *.stm`
    return {sentence: `Read as STM, ${count}.`, read: readIn(folder, files, isFolder)}
  },
}

const isStm = (path: string): boolean => extname(path).toLowerCase() === '.stm'

const readIn = (folder: string, files: readonly string[], isFolder: boolean) =>
  async function* ({signal}: ReadContext): AsyncGenerator<Reading> {
    const audio = await findAudio(folder, signal)
    if (audio.isEmpty) yield problemAt(folder, undefined, 'missing-audio', 'there is no recording beside the STM')
    const listed = new Set<string>()
    let ignored = 0
    for (const file of files) {
      const segments: Segment[] = []
      for await (const row of textLines(file, signal)) {
        if (!('kind' in row) && row.content.startsWith(';;')) continue
        const segment = 'kind' in row ? row : parseSegment(row.content, file, row.line)
        if ('kind' in segment) yield segment
        else segments.push(segment)
      }
      const twoSided = new Set(segments.flatMap(({name, channel}) => (channel === 'right' ? [name] : [])))
      for (const segment of segments) {
        const path = audio.find(segment.name)
        if (path !== undefined) listed.add(path)
        if (/^ignore_time_segment_in_scoring$/i.test(segment.text)) ignored++
        else yield* toUtterance(segment, file, path, audio, twoSided.has(segment.name))
      }
    }
    if (ignored > 0) yield {note: `${ignored} segment${ignored === 1 ? '' : 's'} marked to be ignored left out.`}
    if (isFolder)
      yield* unlistedProblem(
        folder,
        audio.all.filter(path => !listed.has(path)).map(path => basename(path)),
      )
  }

interface Segment {
  readonly name: string
  readonly channel: 'left' | 'right'
  readonly speaker: string
  readonly start: number
  readonly end: number
  readonly label: string | undefined
  readonly text: string
  readonly line: number
}

const FIELDS = /^(\S+)\s+(\S+)\s+(\S+)\s+(\S+)\s+(\S+)(?:\s+(<[^>]*>))?(?:\s+(.*))?$/s
const CHANNELS: Readonly<Record<string, 'left' | 'right'>> = {1: 'left', a: 'left', 2: 'right', b: 'right'}

function parseSegment(content: string, file: string, line: number): Segment | DatasetProblem {
  const wrong = (message: string) => problemAt(file, line, 'unreadable-row', `"${content.slice(0, 60)}": ${message}`)
  const fields = FIELDS.exec(content)
  if (fields === null) return wrong('not file, channel, speaker, start, end and text')
  const [, name = '', side = '', speaker = '', begin, stop, label, text = ''] = fields
  const [start, end] = [Number(begin), Number(stop)]
  if (!Number.isFinite(start) || !Number.isFinite(end) || start < 0) return wrong('start and end are not seconds')
  if (end <= start) return wrong('the end is not after the start')
  const channel = Object.hasOwn(CHANNELS, side.toLowerCase()) ? CHANNELS[side.toLowerCase()] : undefined
  if (channel === undefined) return wrong(`channel ${side} is not 1 or 2 (A or B)`)
  return {name, channel, speaker, start, end, label, text: text.trim(), line}
}

function* toUtterance(
  {name, channel, speaker, start, end, label, text, line}: Segment,
  file: string,
  path: string | undefined,
  audio: AudioFinder,
  isTwoSided: boolean,
): Generator<Utterance | DatasetProblem> {
  if (path === undefined && !audio.isEmpty)
    yield problemAt(file, line, 'missing-audio', `no recording is called ${name}`)
  const side: ChannelChoice | undefined = isTwoSided ? channel : undefined
  const durationSeconds = Math.round((end - start) * 1e6) / 1e6
  // The label's fields mean what the head of the file says: `<o,f0,female>`.
  yield {
    id: [name, ...(side === undefined ? [] : [side]), `${milliseconds(start)}-${milliseconds(end)}`].join('_'),
    audio: path,
    clip: {offsetSeconds: start, durationSeconds},
    channel: side,
    text,
    speaker,
    language: undefined,
    durationSeconds,
    columns: label === undefined ? NO_COLUMNS : {label: label.slice(1, -1)},
    place: {file, line},
  }
}

const milliseconds = (seconds: number): string => String(Math.round(seconds * 1000)).padStart(7, '0')
