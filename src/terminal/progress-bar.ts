import type {WriteStream} from 'node:tty'
import type {MultiBar, SingleBar} from 'cli-progress'

/** A line at the bottom of a terminal that shows how far something is. */
export interface ProgressBar {
  start(total: number, values: object): void
  update(value: number, values: object): void
  /** Has something written above the bar: whole lines, to any stream that is the same terminal. */
  above(write: () => void): void
  stop(): void
}

/** `format` as of cli-progress: `{bar}`, `{value}`, `{total}` and the names of the values. */
export async function openProgressBar(terminal: WriteStream, format: string): Promise<ProgressBar> {
  const {default: progress} = await import('cli-progress')
  // A single bar saves the cursor's place when it starts and goes back there at the end, into what was written above.
  const bars: MultiBar = new progress.MultiBar({
    stream: terminal,
    format,
    barCompleteChar: '█',
    barIncompleteChar: '░',
    barsize: 24,
    clearOnComplete: true,
    forceRedraw: true,
    // Nothing is switched on the terminal that would stay so when the process is killed.
    hideCursor: false,
    linewrap: true,
    gracefulExit: false,
  })
  let bar: SingleBar | undefined
  return {
    start(total, values) {
      bar = bars.create(total, 0, values)
    },
    update: (value, values) => bar?.update(value, values),
    above(write) {
      if (bar) terminal.write('\r\u001B[K')
      write()
      if (bar) bars.update()
    },
    stop() {
      if (bar) bars.stop()
      bar = undefined
    },
  }
}
