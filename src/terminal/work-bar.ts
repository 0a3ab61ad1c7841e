import type {WriteStream} from 'node:tty'
import {openProgressBar, type ProgressBar} from './progress-bar.js'

/** A bar for work that is named as it goes on, and lines above it. */
export interface WorkBar {
  line(text: string): void
  /** Shows the bar, on a terminal only. */
  start(): void
  /** @param fraction of what is under way that is done */
  update(what: string, fraction: number): void
  close(): void
}

/** Everything goes to stderr. */
export function openWorkBar(stderr: WriteStream): WorkBar {
  let bar: ProgressBar | undefined
  let closed = false

  async function startBar(): Promise<void> {
    const opened = await openProgressBar(stderr, '{bar} {what}')
    if (closed) return
    bar = opened
    bar.start(1, {what: ''})
  }

  return {
    line(text) {
      const write = () => void stderr.write(`${text}\n`)
      if (bar === undefined) write()
      else bar.above(write)
    },
    start() {
      if (stderr.isTTY) void startBar()
    },
    update: (what, fraction) => bar?.update(fraction, {what}),
    close() {
      closed = true
      bar?.stop()
    },
  }
}
