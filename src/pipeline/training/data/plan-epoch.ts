import {type Random, seededRandom} from '../../decoding/random.js'
import type {SoundItem} from './prepare-sounds.js'

/** Items of a source, and how they come. */
export interface PlannedSource {
  readonly items: readonly SoundItem[]
  readonly repeat: number
  readonly join: {readonly maximum: number; readonly gapSeconds: readonly [number, number]} | undefined
}

/** Recordings that make one row. */
export interface PlannedRow {
  readonly parts: readonly SoundItem[]
  readonly gapSeconds: readonly [number, number]
}

export type PlannedBatch = readonly PlannedRow[]

export interface BatchSize {
  /** Of the longest row, times the rows. */
  readonly seconds: number
  /** In place of seconds. */
  readonly rows: number | undefined
}

/** Rows of nearly the same length go together; so much of it is left to chance, lest they always be the same. */
const LENGTH_CHANCE = 0.15
const NO_GAP: readonly [number, number] = [0, 0]

/**
 * The batches of an epoch: rows sorted by length into batches of so many seconds, padding included, and the batches
 * shuffled. The same seed and epoch give the same batches.
 */
export function planEpoch(
  sources: readonly PlannedSource[],
  size: BatchSize,
  {seed, epoch}: {readonly seed: number; readonly epoch: number},
): readonly PlannedBatch[] {
  const random = seededRandom('epoch', seed, epoch)
  const rows = sources.flatMap(source => rowsOf(source, random))
  const keyed = rows
    .map(row => ({row, key: secondsOf(row) * (1 + LENGTH_CHANCE * (2 * random() - 1))}))
    .sort((a, b) => a.key - b.key)
  return shuffled(
    fillBatches(
      keyed.map(({row}) => row),
      size,
    ),
    random,
  )
}

function rowsOf({items, repeat, join}: PlannedSource, random: Random): PlannedRow[] {
  const drawn: SoundItem[] = []
  for (let left = repeat; left > 0; left--) {
    if (left >= 1) drawn.push(...items)
    else drawn.push(...drawSome(items, left, random))
  }
  if (join === undefined) return drawn.map(item => ({parts: [item], gapSeconds: NO_GAP}))
  const rows: PlannedRow[] = []
  for (const own of bySpeaker(shuffled(drawn, random)))
    for (let at = 0; at < own.length; ) {
      // Short strings come more often than long ones.
      const count = 1 + Math.floor(random() * random() * join.maximum)
      rows.push({parts: own.slice(at, at + count), gapSeconds: join.gapSeconds})
      at += count
    }
  return rows
}

/** Each by chance; at least one, lest an epoch be empty. */
function drawSome(items: readonly SoundItem[], share: number, random: Random): readonly SoundItem[] {
  const drawn = items.filter(() => random() < share)
  return drawn.length > 0 ? drawn : items.slice(0, 1)
}

function bySpeaker(items: readonly SoundItem[]): readonly (readonly SoundItem[])[] {
  const groups = new Map<string, SoundItem[]>()
  for (const sound of items) {
    const speaker = sound.item.speaker ?? ''
    const own = groups.get(speaker)
    if (own === undefined) groups.set(speaker, [sound])
    else own.push(sound)
  }
  return [...groups.values()]
}

/** Of the recordings and the longest silence there can be around them. */
const secondsOf = ({parts, gapSeconds}: PlannedRow): number =>
  parts.reduce((sum, {item}) => sum + item.seconds + gapSeconds[1], 0)

function fillBatches(rows: readonly PlannedRow[], {seconds, rows: most}: BatchSize): PlannedBatch[] {
  const batches: PlannedRow[][] = []
  let batch: PlannedRow[] = []
  let longest = 0
  for (const row of rows) {
    const next = Math.max(longest, secondsOf(row))
    const full = most === undefined ? next * (batch.length + 1) > seconds : batch.length >= most
    if (full && batch.length > 0) {
      batches.push(batch)
      batch = []
      longest = 0
    }
    batch.push(row)
    longest = Math.max(longest, secondsOf(row))
  }
  if (batch.length > 0) batches.push(batch)
  return batches
}

/** Fisher and Yates, as a copy. */
function shuffled<Item>(items: readonly Item[], random: Random): Item[] {
  const copy = [...items]
  for (let last = copy.length - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1))
    const [a, b] = [copy[last], copy[other]]
    if (a === undefined || b === undefined) continue
    copy[last] = b
    copy[other] = a
  }
  return copy
}

/** Rows one by one in the order of their length, in batches, for measuring. */
export function planEvaluation(items: readonly SoundItem[], rows: number): readonly PlannedBatch[] {
  const sorted = [...items].sort((a, b) => a.item.seconds - b.item.seconds)
  const batches: PlannedBatch[] = []
  for (let start = 0; start < sorted.length; start += rows)
    batches.push(sorted.slice(start, start + rows).map(item => ({parts: [item], gapSeconds: NO_GAP})))
  return batches
}
