import {basename, extname, join} from 'node:path'
import type {Layout, ReadContext, Reading} from './layout.js'
import {readTable} from './read-table.js'
import {firstLine, textLines} from './text-lines.js'

/** A list of Common Voice (`test.tsv`): `client_id`, `path` below `clips/`, `sentence` and what the speaker told. */
export const commonVoice: Layout = {
  name: 'common-voice',
  signs: 'a TSV with client_id, path and sentence (Common Voice)',
  async recognize({path, isFolder, folder, names}, signal) {
    if (isFolder || extname(path).toLowerCase() !== '.tsv') return undefined
    const header = new Set((await firstLine(path, signal))?.split('\t'))
    if (!['client_id', 'path', 'sentence'].every(column => header.has(column))) return undefined
    const hasClips = names.includes('clips')
    const sentence = `Read as a list of Common Voice, ${basename(path)}${hasClips ? ', with clips/ beside it' : ''}.`
    return {sentence, hasColumns: true, read: readIn(path, folder, hasClips)}
  },
}

const readIn = (file: string, folder: string, hasClips: boolean) =>
  async function* (context: ReadContext): AsyncGenerator<Reading> {
    const lengths = await readLengths(folder, context.signal)
    const options = {
      audioFolder: hasClips ? join(folder, 'clips') : folder,
      // The first releases left the extension out.
      nameAudio: (name: string) => (extname(name) === '' ? `${name}.mp3` : name),
    }
    for await (const reading of readTable(file, context, options)) {
      const seconds = 'place' in reading && reading.audio ? lengths.get(basename(reading.audio)) : undefined
      yield 'place' in reading && seconds !== undefined && reading.durationSeconds === undefined
        ? {...reading, durationSeconds: seconds}
        : reading
    }
  }

/** `clip_durations.tsv` of newer releases: `clip`, `duration[ms]`. */
async function readLengths(folder: string, signal: AbortSignal | undefined): Promise<ReadonlyMap<string, number>> {
  const lengths = new Map<string, number>()
  for await (const row of textLines(join(folder, 'clip_durations.tsv'), signal)) {
    if ('kind' in row) continue
    const [clip = '', milliseconds = ''] = row.content.split('\t')
    if (/^\d+$/.test(milliseconds)) lengths.set(clip, Number(milliseconds) / 1000)
  }
  return lengths
}
