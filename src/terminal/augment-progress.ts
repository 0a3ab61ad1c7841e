import type {WriteStream} from 'node:tty'
import type {AugmentEvent} from '../pipeline/augment-dataset.js'
import {openProgressBar, type ProgressBar} from './progress-bar.js'

/** Shows how the copies of a data set come: a bar on a terminal, notes and failures. Everything goes to stderr. */
export interface AugmentProgress {
  show(event: AugmentEvent): void
  close(): void
}

export function openAugmentProgress({
  quiet,
  stderr,
}: {
  readonly quiet: boolean
  readonly stderr: WriteStream
}): AugmentProgress {
  let bar: ProgressBar | undefined
  let closed = false
  const line = (text: string) => (bar ? bar.above(() => stderr.write(`${text}\n`)) : stderr.write(`${text}\n`))

  async function startBar(total: number, done: number): Promise<void> {
    const opened = await openProgressBar(stderr, '{bar} {value} of {total} copies')
    if (closed) return
    bar = opened
    bar.start(total, {})
    bar.update(done, {})
  }

  return {
    show(event) {
      // What was left out is said in any case: the user may not look at the exit code.
      if (event.type === 'failed') line(`Failed: ${event.id}: ${event.error.message}`)
      if (quiet) return
      if (event.type === 'note') line(`Note: ${event.message}`)
      else if (event.type === 'start') {
        if (event.done > 0) line(`${event.done} of ${event.copies} copies are there already.`)
        if (stderr.isTTY) void startBar(event.copies, event.done)
      } else if (event.type === 'progress') bar?.update(event.done, {})
    },
    close() {
      closed = true
      bar?.stop()
    },
  }
}
