import {isBetter} from './early-stopping.js'

/** A checkpoint on the disk, and what it was evaluated to be. */
export interface RatedCheckpoint {
  readonly step: number
  /** null where it was not evaluated. */
  readonly value: number | null
}

export interface KeepOptions {
  /** As transformers' `save_total_limit`; null keeps all. */
  readonly limit: number | null
  /** So many of the best stay, whatever their age. */
  readonly best: number
  readonly greaterIsBetter: boolean
}

export interface KeptCheckpoints<Checkpoint> {
  /** Oldest first. */
  readonly kept: readonly Checkpoint[]
  /** Oldest first. */
  readonly removed: readonly Checkpoint[]
}

/**
 * Which checkpoints stay: the newest, from which a run goes on; the best ones; and of the others the newest, as long as the
 * limit is not reached. The limit gives way to the newest and the best: with one best it decides as transformers'
 * `rotate_checkpoints`. Of equally good ones the earlier is better.
 */
export function keepCheckpoints<Checkpoint extends RatedCheckpoint>(
  checkpoints: readonly Checkpoint[],
  {limit, best, greaterIsBetter}: KeepOptions,
): KeptCheckpoints<Checkpoint> {
  const byAge = checkpoints.toSorted((a, b) => a.step - b.step)
  if (limit === null) return {kept: byAge, removed: []}
  const kept = new Set([...byAge.slice(-1), ...bestFirst(byAge, greaterIsBetter).slice(0, best)])
  for (const checkpoint of byAge.toReversed()) if (kept.size < limit) kept.add(checkpoint)
  return {
    kept: byAge.filter(checkpoint => kept.has(checkpoint)),
    removed: byAge.filter(checkpoint => !kept.has(checkpoint)),
  }
}

/** Checkpoints without a value are none of the best. The order of equals stays. */
export function bestFirst<Checkpoint extends RatedCheckpoint>(
  checkpoints: readonly Checkpoint[],
  greaterIsBetter: boolean,
): Checkpoint[] {
  return checkpoints
    .flatMap(checkpoint => (checkpoint.value === null ? [] : [{checkpoint, value: checkpoint.value}]))
    .toSorted((a, b) => (a.value === b.value ? 0 : isBetter(a.value, b.value, greaterIsBetter) ? -1 : 1))
    .map(({checkpoint}) => checkpoint)
}
