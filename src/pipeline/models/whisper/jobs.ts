import {setImmediate as nextTurn} from 'node:timers/promises'
import type {WindowContext, WindowTimings} from './window-decoder.js'

/** One window that waits for something. */
export interface Job<Input, Output> {
  readonly input: Input
  readonly context: WindowContext
  readonly resolve: (output: Output) => void
  readonly reject: (error: unknown) => void
}

/** Tells jobs how they ended. Called when the time they took has been counted. */
export type Settle = () => void

/** Runs one batch, shares its time among its jobs, and fails them all where it fails. */
export async function together(
  jobs: readonly Pick<Job<unknown, never>, 'context' | 'reject'>[],
  stage: keyof WindowTimings,
  run: () => Promise<Settle>,
): Promise<void> {
  const started = performance.now()
  const settle = await run().catch(error => () => {
    for (const {reject} of jobs) reject(error)
  })
  const share = (performance.now() - started) / 1000 / jobs.length
  for (const {context} of jobs) context.timings[stage] += share
  settle()
}

/** Rejects what nobody waits for any more; gives the number of jobs left. */
export function dropAborted<Input, Output>(queue: Job<Input, Output>[]): number {
  for (const job of queue.filter(({context}) => context.signal?.aborted)) {
    queue.splice(queue.indexOf(job), 1)
    job.reject(job.context.signal?.reason)
  }
  return queue.length
}

/** Does one piece of work after the other while there is any, and lets everyone else have a turn between two. */
export class Pump {
  readonly #work: () => Promise<boolean>
  #running = false
  #woken = false

  /** @param work does one piece; false where there is none. Never rejects. */
  constructor(work: () => Promise<boolean>) {
    this.#work = work
  }

  wake(): void {
    this.#woken = true
    if (!this.#running) void this.#run()
  }

  async #run(): Promise<void> {
    this.#running = true
    while (this.#woken) {
      // Lets the recordings whose window was just finished ask for their next one.
      await nextTurn()
      this.#woken = false
      if (await this.#work()) this.#woken = true
    }
    this.#running = false
  }
}
