import {LinguluError} from '../errors.js'
import {sortedPercentile} from '../statistics/percentiles.js'
import {type Lengths, measureRecordings} from './measure-recordings.js'
import type {Dataset, Utterance} from './utterance.js'

export interface DescribeOptions {
  /** Read the lengths of recordings that the data set does not tell. Default: false. */
  readonly readDurations?: boolean | undefined
  readonly signal?: AbortSignal | undefined
  /** Called while lengths are read. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined
}

/** Of lengths, in their unit; `null` where there are none. */
export interface Distribution {
  readonly min: number
  readonly p10: number
  readonly p50: number
  readonly mean: number
  readonly p90: number
  readonly max: number
}

export interface ColumnDescription {
  readonly name: string
  /** Utterances that have a value. */
  readonly utterances: number
  readonly distinct: number
  /** The most frequent first, at most {@link SHOWN_VALUES}. */
  readonly values: readonly {readonly value: string; readonly count: number}[]
}

export interface DatasetDescription {
  readonly name: string
  readonly path: string
  readonly layout: string
  readonly hash: string
  readonly utterances: number
  /** Files; several utterances may be parts of one. */
  readonly recordings: number
  readonly speakers: number
  /** Sum over the utterances whose length is known. */
  readonly seconds: number
  readonly utterancesOfKnownLength: number
  readonly secondsPerUtterance: Distribution | null
  /** Split at white space, as the data set writes them. */
  readonly words: number
  readonly vocabulary: number
  readonly wordsPerUtterance: Distribution | null
  readonly charactersPerSecond: Distribution | null
  readonly emptyReferences: number
  /** Every character of the references without white space, the most frequent first. */
  readonly characters: readonly {readonly character: string; readonly count: number}[]
  readonly columns: readonly ColumnDescription[]
}

const SHOWN_VALUES = 20

/**
 * Counts what a data set has.
 * @throws the signal's reason when aborted. A recording that cannot be read has no length here; `verifyDataset` tells why.
 */
export async function describeDataset(dataset: Dataset, options: DescribeOptions = {}): Promise<DatasetDescription> {
  const {name, path, layout, hash, utterances} = dataset
  const lengths = options.readDurations ? await measureRecordings(utterances, options) : new Map()
  const seconds = utterances.map(utterance => secondsOf(utterance, lengths))
  const known = seconds.filter(value => value !== undefined)
  const texts = countTexts(utterances)
  return {
    name,
    path,
    layout,
    hash,
    utterances: utterances.length,
    recordings: new Set(utterances.flatMap(({audio}) => audio ?? [])).size,
    speakers: new Set(utterances.flatMap(({speaker}) => speaker ?? [])).size,
    seconds: sum(known),
    utterancesOfKnownLength: known.length,
    secondsPerUtterance: distributionOf(known),
    words: sum(texts.wordsPerUtterance),
    vocabulary: texts.vocabulary.size,
    wordsPerUtterance: distributionOf(texts.wordsPerUtterance),
    charactersPerSecond: distributionOf(
      utterances.flatMap(({text}, index) => {
        const length = seconds[index] ?? 0
        return length > 0 && text !== '' ? [text.length / length] : []
      }),
    ),
    emptyReferences: texts.empty,
    characters: byCount(texts.characters).map(([character, count]) => ({character, count})),
    columns: describeColumns(utterances),
  }
}

/** Seconds of an utterance: those that the data set tells, else those of its part of the recording. */
export function secondsOf({audio, clip, durationSeconds}: Utterance, lengths: Lengths): number | undefined {
  if (durationSeconds !== undefined || clip?.durationSeconds !== undefined)
    return durationSeconds ?? clip?.durationSeconds
  const whole = audio === undefined ? undefined : lengths.get(audio)
  if (whole === undefined || whole instanceof LinguluError) return undefined
  return Math.max(0, whole - (clip?.offsetSeconds ?? 0))
}

function countTexts(utterances: readonly Utterance[]) {
  const characters = new Map<string, number>()
  const vocabulary = new Set<string>()
  const wordsPerUtterance: number[] = []
  let empty = 0
  for (const {text} of utterances) {
    const words = text.split(/\s+/u).filter(word => word !== '')
    if (words.length === 0) empty++
    wordsPerUtterance.push(words.length)
    for (const word of words) {
      vocabulary.add(word)
      for (const character of word) characters.set(character, (characters.get(character) ?? 0) + 1)
    }
  }
  return {characters, vocabulary, wordsPerUtterance, empty}
}

function describeColumns(utterances: readonly Utterance[]): ColumnDescription[] {
  const columns = new Map<string, Map<string, number>>()
  const add = (name: string, value: string) => {
    const counts = columns.get(name) ?? new Map<string, number>()
    columns.set(name, counts.set(value, (counts.get(value) ?? 0) + 1))
  }
  for (const {speaker, language, columns: others} of utterances) {
    if (speaker !== undefined) add('speaker', speaker)
    if (language !== undefined) add('language', language)
    for (const [name, value] of Object.entries(others)) add(name, value)
  }
  return [...columns].map(([name, counts]) => ({
    name,
    utterances: sum([...counts.values()]),
    distinct: counts.size,
    values: byCount(counts)
      .slice(0, SHOWN_VALUES)
      .map(([value, count]) => ({value, count})),
  }))
}

const byCount = (counts: ReadonlyMap<string, number>): [string, number][] =>
  [...counts].sort(([a, many], [b, others]) => others - many || (a < b ? -1 : 1))

function distributionOf(values: readonly number[]): Distribution | null {
  if (values.length === 0) return null
  const sorted = Float64Array.from(values).sort()
  return {
    min: sortedPercentile(sorted, 0),
    p10: sortedPercentile(sorted, 10),
    p50: sortedPercentile(sorted, 50),
    mean: sum(values) / values.length,
    p90: sortedPercentile(sorted, 90),
    max: sortedPercentile(sorted, 100),
  }
}

const sum = (values: readonly number[]): number => values.reduce((all, value) => all + value, 0)
