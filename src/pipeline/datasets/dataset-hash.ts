import {createHash} from 'node:crypto'
import type {Utterance} from './utterance.js'

/**
 * What `Dataset.hash` is: SHA-256 in hexadecimal over id, reference, offset, duration and channel of every utterance.
 * Paths are not part of it, so that the same data set has the same hash on two machines and in two layouts.
 */
export function hashUtterances(utterances: Iterable<Utterance>): string {
  const hash = createHash('sha256')
  for (const {id, text, clip, channel} of utterances)
    hash.update(`${JSON.stringify([id, text, clip?.offsetSeconds, clip?.durationSeconds, channel])}\n`)
  return hash.digest('hex')
}
