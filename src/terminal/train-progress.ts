import type {WriteStream} from 'node:tty'
import {formatCount} from '../pipeline/text/format-count.js'
import {formatDuration} from '../pipeline/text/format-duration.js'
import {formatNumber} from '../pipeline/text/format-metric.js'
import {visibleText} from '../pipeline/text/visible-text.js'
import {formatAverage} from '../pipeline/training/format-average.js'
import type {SkippedAudio, TrainEvent, TrainEventOf, TrainingData} from '../pipeline/training/train-events.js'
import {clock} from './clock.js'
import {openDevTable} from './dev-table.js'
import {openProgressBar, type ProgressBar} from './progress-bar.js'

/** Shows how training goes on: a bar on a terminal, else a line now and then; and a table of the evaluations. On stderr. */
export interface TrainProgress {
  show(event: TrainEvent): void
  close(): void
}

const LINE_EVERY_MS = 10_000
const SHOWN_SKIPPED = 10
const FORMAT = '{bar} {step}/{steps} | loss {loss} | rate {rate} | {speed} frames/s | {left} left'

/** @param stderr a terminal or not; only a terminal gets a bar */
export async function openTrainProgress({
  quiet,
  stderr,
}: {
  readonly quiet: boolean
  readonly stderr: WriteStream
}): Promise<TrainProgress> {
  if (quiet) return {show: () => {}, close: () => {}}
  const bar = stderr.isTTY ? await openProgressBar(stderr, FORMAT) : undefined
  const line = (text: string) => {
    const write = () => stderr.write(`${text}\n`)
    if (bar) bar.above(write)
    else write()
  }
  const draw = bar ? drawOn(bar) : sayNowAndThen(line)
  const skipped = countSkipped()
  const devTable = openDevTable()
  const preparing = sayPreparing()
  return {
    show(event) {
      if (event.type === 'preparing') for (const text of preparing(event)) line(text)
      if (event.type === 'plan') for (const text of planLines(event)) line(text)
      else if (event.type === 'warning') line(`Warning: ${visibleText(event.message)}`)
      else if (event.type === 'average') line(visibleText(formatAverage(event)))
      else if (event.type === 'evaluation') for (const text of devTable(event)) line(text)
      else if (event.type === 'skipped') for (const text of skipped.linesOf(event)) line(text)
      if (event.type === 'plan') for (const one of event.skipped) for (const text of skipped.linesOf(one)) line(text)
      if (event.type === 'plan' || event.type === 'step') draw(event)
      if (event.type === 'done') for (const text of skipped.endLines()) line(text)
    },
    close: () => bar?.stop(),
  }
}

type Drawn = TrainEventOf<'plan'> | TrainEventOf<'step'>

function drawOn(bar: ProgressBar): (event: Drawn) => void {
  let steps = 0
  return event => {
    if (event.type === 'step') {
      bar.update(event.step, barValues(event, steps))
      return
    }
    steps = event.steps
    const step = formatCount(event.resumedStep ?? 0)
    bar.start(steps, {step, steps: formatCount(steps), loss: '–', rate: '–', speed: '–', left: '–'})
  }
}

/** The first step is told at once: it shows that all goes well. */
function sayNowAndThen(line: (text: string) => void): (event: Drawn) => void {
  let steps = 0
  let last = Number.NEGATIVE_INFINITY
  return event => {
    if (event.type === 'plan') {
      steps = event.steps
      return
    }
    if (performance.now() - last < LINE_EVERY_MS && event.step < steps) return
    last = performance.now()
    const {step, steps: all, loss, rate, speed, left} = barValues(event, steps)
    line(`${step}/${all}, epoch ${event.epoch.toFixed(2)}, loss ${loss}, rate ${rate}, ${speed} frames/s, ${left} left`)
  }
}

function barValues({step, loss, learningRate, framesPerSecond, secondsLeft}: TrainEventOf<'step'>, steps: number) {
  return {
    step: formatCount(step),
    steps: formatCount(steps),
    loss: formatNumber(loss),
    rate: String(Number(learningRate.toPrecision(3))),
    speed: formatCount(Math.round(framesPerSecond)),
    left: secondsLeft === null ? '–' : clock(secondsLeft),
  }
}

function planLines(plan: TrainEventOf<'plan'>): string[] {
  const {task, engine, parameters, trainable, train, dev, steps, epochs, resumedStep, folder, warnings} = plan
  const trained = trainable === parameters ? '' : `, ${formatCount(trainable)} of them trained`
  return [
    `${task} on ${engine.name}: ${engine.reason}`,
    ...engine.rejected.map(({name, reason}) => `  not ${name}: ${reason.split('\n')[0]}`),
    `${formatCount(parameters)} parameters${trained}`,
    `Training: ${amount(train)}; dev: ${amount(dev)}`,
    `${formatCount(steps)} steps (${epochs.toFixed(1)} epochs) into ${folder}`,
    ...(resumedStep === null ? [] : [`Goes on after step ${formatCount(resumedStep)}`]),
    ...warnings.map(warning => `Warning: ${warning}`),
  ].map(visibleText)
}

function amount(parts: readonly TrainingData[]): string {
  if (parts.length === 0) return 'none'
  const sum = (of: (part: TrainingData) => number) => parts.reduce((total, part) => total + of(part), 0)
  return `${formatCount(sum(part => part.utterances))} utterances, ${formatDuration(sum(part => part.seconds))}`
}

/** Names the first ones, and in the end how many more there were. */
function countSkipped() {
  let count = 0
  return {
    linesOf({audio, reason}: SkippedAudio): string[] {
      if (++count <= SHOWN_SKIPPED)
        return [`Skipped: ${visibleText(reason.startsWith(audio) ? reason : `${audio}: ${reason}`)}`]
      return count === SHOWN_SKIPPED + 1 ? ['Skipped: more of them, all named in the log'] : []
    },
    endLines: (): string[] => (count > SHOWN_SKIPPED ? [`Skipped ${formatCount(count)} recordings in all`] : []),
  }
}

/** Says that recordings are decoded, at the beginning and then now and then. */
function sayPreparing(): (event: TrainEventOf<'preparing'>) => string[] {
  let last = Number.NEGATIVE_INFINITY
  return ({done, total}) => {
    if (performance.now() - last < LINE_EVERY_MS || done === total) return []
    last = performance.now()
    return [`Decoding recordings: ${formatCount(done)} of ${formatCount(total)}`]
  }
}
