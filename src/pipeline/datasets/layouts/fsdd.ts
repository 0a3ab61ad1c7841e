import {basename, join} from 'node:path'
import {hasAudioExtension} from '../../inputs/audio-extensions.js'
import type {Layout, ReadContext, Reading} from './layout.js'
import {unlistedProblem} from './unlisted.js'
import {walk} from './walk.js'

const DIGITS = ['zero', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine']
const NAME = /^([0-9])_([^_]+)_(\d+)\.\w+$/
/** Of the published recordings of a digit by a speaker, the first five are for testing. */
const TEST_RECORDINGS = 5

/** Free Spoken Digit Dataset: recordings called `digit_speaker_number`, which is all there is of text. */
export const fsdd: Layout = {
  name: 'fsdd',
  signs: 'recordings called digit_speaker_number (FSDD)',
  async recognize({path, isFolder, names}, signal) {
    if (!isFolder) return undefined
    const folder = names.includes('recordings') ? join(path, 'recordings') : path
    for await (const {files} of walk(folder, {depth: 0, signal})) {
      const audio = files.filter(hasAudioExtension)
      if (audio.length === 0 || audio.filter(name => NAME.test(name)).length < 0.9 * audio.length) return undefined
      return {sentence: 'Read as spoken digits, by names such as 7_speaker_12.', read: readIn(folder, audio)}
    }
    return undefined
  },
}

const readIn = (folder: string, names: readonly string[]) =>
  async function* (_: ReadContext): AsyncGenerator<Reading> {
    for (const name of names) {
      const [, digit = '', speaker, number = ''] = NAME.exec(name) ?? []
      const text = DIGITS[Number(digit || Number.NaN)]
      if (text === undefined) continue
      const file = join(folder, name)
      yield {
        id: `${digit}_${speaker}_${number}`,
        audio: file,
        clip: undefined,
        channel: undefined,
        text,
        speaker,
        language: 'en',
        durationSeconds: undefined,
        columns: {digit, split: Number(number) < TEST_RECORDINGS ? 'test' : 'train'},
        place: {file, line: 1},
      }
    }
    yield* unlistedProblem(
      folder,
      names.filter(name => !NAME.test(name)).map(name => basename(name)),
    )
  }
