import {setImmediate} from 'node:timers/promises'

/** Lets signals and timers have their turn between two long computations. */
export async function breathe(signal: AbortSignal | undefined): Promise<void> {
  await setImmediate()
  signal?.throwIfAborted()
}
