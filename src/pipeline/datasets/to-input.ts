import {relative} from 'node:path'
import {LinguluError} from '../errors.js'
import type {InputItem} from '../inputs/input.js'
import type {Utterance} from './utterance.js'

/**
 * The recording of an utterance as an input of recognition. Messages name it by its path from `cwd`.
 * @throws {LinguluError} INPUT_MISSING for an utterance of a list of texts, which has no recording.
 */
export function toInput(utterance: Utterance, cwd: string = process.cwd()): InputItem {
  const {id, audio, text, language, clip, channel, place} = utterance
  if (audio === undefined)
    throw new LinguluError('INPUT_MISSING', `${place.file}, line ${place.line}: utterance "${id}" names no recording`, {
      hint: 'Give the list a column of paths (audio), or score stored texts with `lingulu score`.',
    })
  return {path: audio, name: relative(cwd, audio) || audio, relativePath: id, id, text, language, clip, channel}
}
