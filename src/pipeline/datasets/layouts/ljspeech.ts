import {readdir} from 'node:fs/promises'
import {basename, join} from 'node:path'
import {compareNaturally} from '../../inputs/natural-order.js'
import {audioByStem} from './audio-by-stem.js'
import {type Layout, NO_COLUMNS, problemAt, type ReadContext, type Reading} from './layout.js'
import {firstLine, textLines} from './text-lines.js'
import {unlistedProblem} from './unlisted.js'

/** LJSpeech: `id|text|normalized text` without a header in metadata.csv, and wavs/id.wav. */
export const ljspeech: Layout = {
  name: 'ljspeech',
  signs: 'metadata.csv with id|text|normalized text, and wavs/ (LJSpeech)',
  async recognize({path, isFolder, folder, names}, signal) {
    const name = isFolder ? 'metadata.csv' : basename(path)
    if (!names.includes(name) || !/\.(csv|txt)$/i.test(name)) return undefined
    const line = (await firstLine(join(folder, name), signal)) ?? ''
    if (!/^[^|,;\t]+\|[^|]*(\|[^|]*)?$/.test(line)) return undefined
    return {sentence: `Read as LJSpeech, by ${name} with its bars (|).`, read: readIn(folder, name)}
  },
}

const readIn = (folder: string, name: string) =>
  async function* ({signal}: ReadContext): AsyncGenerator<Reading> {
    const file = join(folder, name)
    const audioFolder = join(folder, 'wavs')
    const audio = audioByStem((await readdir(audioFolder).catch(() => [])).sort(compareNaturally))
    const listed = new Set<string>()
    for await (const row of textLines(file, signal)) {
      if ('kind' in row) {
        yield row
        continue
      }
      const [id = '', written, spoken] = row.content.split('|').map(field => field.trim())
      if (id === '' || written === undefined) {
        yield problemAt(file, row.line, 'unreadable-row', `"${row.content.slice(0, 60)}": not id|text`)
        continue
      }
      listed.add(id)
      const text = spoken || written
      yield {
        id,
        audio: join(audioFolder, audio.get(id) ?? `${id}.wav`),
        clip: undefined,
        channel: undefined,
        text,
        speaker: undefined,
        language: undefined,
        durationSeconds: undefined,
        // Numbers and abbreviations are written out in the third field alone.
        columns: written === text ? NO_COLUMNS : {written},
        place: {file, line: row.line},
      }
    }
    yield* unlistedProblem(
      audioFolder,
      [...audio].filter(([stem]) => !listed.has(stem)).map(([, name]) => name),
    )
  }
