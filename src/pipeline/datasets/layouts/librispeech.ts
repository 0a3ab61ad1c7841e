import {basename, dirname, join} from 'node:path'
import type {DatasetProblem, Utterance} from '../utterance.js'
import {audioByStem} from './audio-by-stem.js'
import type {Layout, ReadContext, Reading} from './layout.js'
import {splitKey, textLines} from './text-lines.js'
import {unlistedProblem} from './unlisted.js'
import {type Folder, walk} from './walk.js'

/** `librispeech/LibriSpeech/test-other/2609/156975`. */
const DEPTH = 5
const LOOKED_INTO = 1000

/** LibriSpeech as published: `[LibriSpeech/][subset/][speaker/][chapter/]*.flac` with a `.trans.txt` in every chapter. */
export const librispeech: Layout = {
  name: 'librispeech',
  signs: 'folders speaker/chapter with a .trans.txt in each (LibriSpeech)',
  async recognize({path, isFolder}, signal) {
    if (!isFolder) {
      if (!isTranscript(path)) return undefined
      return {sentence: `Read as a chapter of LibriSpeech, by ${basename(path)}.`, read: readIn(dirname(path), 0, path)}
    }
    for await (const {relative, files} of walk(path, {depth: DEPTH, limit: LOOKED_INTO, signal})) {
      const found = files.find(isTranscript)
      if (found === undefined) continue
      const sentence = `Read as LibriSpeech, by transcripts such as ${join(relative, found)}.`
      return {sentence, read: readIn(path, DEPTH)}
    }
    return undefined
  },
}

const isTranscript = (path: string): boolean => path.endsWith('.trans.txt')

const readIn = (root: string, depth: number, only?: string) =>
  async function* ({signal}: ReadContext): AsyncGenerator<Reading> {
    const genders = await readGenders(root, signal)
    for await (const folder of walk(root, {depth, signal})) {
      const transcripts = folder.files.filter(isTranscript).filter(name => !only || name === basename(only))
      const audio = audioByStem(folder.files)
      const listed = new Set<string>()
      for (const name of transcripts)
        for await (const reading of readChapter(folder, name, audio, genders, signal)) {
          if ('id' in reading) listed.add(reading.id)
          yield reading
        }
      const unlisted = [...audio].filter(([stem]) => !listed.has(stem)).map(([, name]) => name)
      if (transcripts.length > 0 || folder.relative !== '') yield* unlistedProblem(folder.path, unlisted)
    }
  }

async function* readChapter(
  folder: Folder,
  name: string,
  audio: ReadonlyMap<string, string>,
  genders: ReadonlyMap<string, string>,
  signal: AbortSignal | undefined,
): AsyncGenerator<Utterance | DatasetProblem> {
  const file = join(folder.path, name)
  const speaker = basename(dirname(folder.path))
  const subset = basename(dirname(dirname(folder.path)))
  const gender = genders.get(speaker)
  const columns = {
    ...(/^(dev|test|train)-/.test(subset) && {subset}),
    ...(/^\d+$/.test(basename(folder.path)) && {chapter: basename(folder.path)}),
    ...(gender !== undefined && {gender}),
  }
  for await (const row of textLines(file, signal)) {
    if ('kind' in row) {
      yield row
      continue
    }
    const {key: id, rest: text} = splitKey(row.content)
    const known = audio.get(id)
    yield {
      id,
      audio: join(folder.path, known ?? `${id}.flac`),
      clip: undefined,
      channel: undefined,
      text,
      speaker: /^\d+$/.test(speaker) ? speaker : id.split('-', 1)[0],
      language: undefined,
      durationSeconds: undefined,
      columns,
      place: {file, line: row.line},
    }
  }
}

/** From SPEAKERS.TXT, which stands beside the subsets: `14 | F | train-clean-360 | 25.03 | …`. */
async function readGenders(root: string, signal: AbortSignal | undefined): Promise<ReadonlyMap<string, string>> {
  const genders = new Map<string, string>()
  const above = [root, dirname(root), dirname(dirname(root)), dirname(dirname(dirname(root)))]
  for (const folder of [join(root, 'LibriSpeech'), ...above]) {
    for await (const row of textLines(join(folder, 'SPEAKERS.TXT'), signal)) {
      if ('kind' in row || row.content.startsWith(';')) continue
      const [id = '', gender = ''] = row.content.split('|').map(field => field.trim())
      if (gender !== '') genders.set(id, gender)
    }
    if (genders.size > 0) break
  }
  return genders
}
