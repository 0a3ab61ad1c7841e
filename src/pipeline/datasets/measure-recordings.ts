import {LinguluError} from '../errors.js'
import {mapConcurrently} from '../inputs/map-concurrently.js'
import {readDurationSeconds} from './read-duration.js'
import type {Utterance} from './utterance.js'

/** Seconds of each recording, by path, or why they cannot be told. */
export type Lengths = ReadonlyMap<string, number | LinguluError>

export interface MeasureOptions {
  readonly signal?: AbortSignal | undefined
  readonly onProgress?: ((done: number, total: number) => void) | undefined
}

/** Reads the lengths of recordings whose utterances do not tell their own. */
export async function measureRecordings(
  utterances: readonly Utterance[],
  {signal, onProgress}: MeasureOptions,
): Promise<Lengths> {
  const unknown = utterances.filter(
    ({durationSeconds, clip}) => durationSeconds === undefined && clip?.durationSeconds === undefined,
  )
  const paths = [...new Set(unknown.flatMap(({audio}) => audio ?? []))]
  let done = 0
  const lengths = await mapConcurrently(paths, 8, async path => {
    const seconds = await readDurationSeconds(path, signal).catch(error => {
      signal?.throwIfAborted()
      if (error instanceof LinguluError) return error
      throw error
    })
    onProgress?.(++done, paths.length)
    return [path, seconds] as const
  })
  return new Map(lengths)
}
