import {basename, extname, join} from 'node:path'
import type {DatasetProblem, Utterance} from '../utterance.js'
import {type AudioFinder, findAudio} from './find-audio.js'
import {type Layout, NO_COLUMNS, problemAt, type ReadContext, type Reading} from './layout.js'
import {textLines} from './text-lines.js'
import {unlistedProblem} from './unlisted.js'
import {walk} from './walk.js'

/** Transcripts of NIST's sclite, `text (id)`, with recordings called as the ids beside them. */
export const trn: Layout = {
  name: 'trn',
  signs: '*.trn with recordings called as its ids beside it',
  async recognize({path, isFolder, folder}, signal) {
    const files: string[] = []
    if (isFolder) {
      for await (const inside of walk(path, {depth: 1, limit: 200, signal}))
        files.push(...inside.files.filter(isTrn).map(name => join(inside.path, name)))
    } else if (isTrn(path)) files.push(path)
    if (files.length === 0) return undefined
    const count = files.length === 1 ? basename(files[0] ?? '') : `${files.length} files *.trn`
    return {sentence: `Read as TRN, ${count}.`, read: readIn(folder, files, isFolder)}
  },
}

const isTrn = (path: string): boolean => extname(path).toLowerCase() === '.trn'

const readIn = (folder: string, files: readonly string[], isFolder: boolean) =>
  async function* ({signal}: ReadContext): AsyncGenerator<Reading> {
    const audio = await findAudio(folder, signal)
    if (audio.isEmpty) yield problemAt(folder, undefined, 'missing-audio', 'there is no recording beside the TRN')
    const listed = new Set<string>()
    for (const file of files)
      for await (const row of textLines(file, signal)) {
        if ('kind' in row) yield row
        else if (row.content.startsWith(';;')) continue
        else
          for (const reading of toUtterance(row.content, file, row.line, audio)) {
            if ('place' in reading && reading.audio !== undefined) listed.add(reading.audio)
            yield reading
          }
      }
    if (isFolder)
      yield* unlistedProblem(
        folder,
        audio.all.filter(path => !listed.has(path)).map(path => basename(path)),
      )
  }

function* toUtterance(
  content: string,
  file: string,
  line: number,
  audio: AudioFinder,
): Generator<Utterance | DatasetProblem> {
  const [, text, id = ''] = /^(.*?)\s*\(([^()]+)\)$/s.exec(content) ?? []
  if (text === undefined || id.trim() === '') {
    yield problemAt(file, line, 'unreadable-row', `"${content.slice(-60)}": no (id) at its end`)
    return
  }
  const path = audio.find(id.trim())
  if (path === undefined && !audio.isEmpty)
    yield problemAt(file, line, 'missing-audio', `no recording is called ${id.trim()}`)
  yield {
    id: id.trim(),
    audio: path,
    clip: undefined,
    channel: undefined,
    text,
    speaker: speakerOf(id.trim()),
    language: undefined,
    durationSeconds: undefined,
    columns: NO_COLUMNS,
    place: {file, line},
  }
}

/** As sclite's ids have it: what stands before the first hyphen or underscore. */
const speakerOf = (id: string): string | undefined => /^([^-_]+)[-_]/.exec(id)?.[1]
