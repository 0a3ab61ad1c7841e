import type {WriteStream} from 'node:tty'
import type {TranscribeEvent} from '../pipeline/events.js'
import type {FailedRecord} from '../pipeline/transcripts/results.js'
import {clock} from './clock.js'
import {failureLine} from './failure-line.js'
import {openProgressBar, type ProgressBar} from './progress-bar.js'

/** What is shown of a run that recognises many recordings. */
export type ProgressEvent =
  | Exclude<TranscribeEvent, {type: 'plan' | 'result'}>
  | Pick<Extract<TranscribeEvent, {type: 'plan'}>, 'type' | 'pending' | 'duplicates'>
  | {readonly type: 'result'; readonly name: string; readonly records: readonly ProgressRecord[]}

type ProgressRecord =
  | {readonly status: 'ok'; readonly durationSeconds: number; readonly resumed?: boolean | undefined}
  | Pick<FailedRecord, 'status' | 'audio' | 'error'>
  | {readonly status: 'skipped'}

/** Shows how a run goes on: a bar on a terminal, else a line now and then. Everything goes to stderr. */
export interface ProgressView {
  show(event: ProgressEvent): void
  /** Has something written that must not run into the bar. */
  above(write: () => void): void
  close(): void
}

interface Counts {
  /** What a recording is called, in the plural. */
  readonly unit: string
  total: number
  done: number
  failed: number
  /** Of finished recordings. */
  finishedSeconds: number
  readonly underWay: Map<string, UnderWay>
  startedAt: number
}

/** A recording under way: its length, and how far each channel is. */
interface UnderWay {
  readonly durationSeconds: number
  readonly positions: Map<string | undefined, number>
}

const LINE_EVERY_MS = 10_000
const format = (unit: string) => `{bar} {done}/{total} ${unit} | {audio} of audio | {speed}x real time | {left} left`

/** @param stderr a terminal or not; only a terminal gets a bar */
export async function openProgress({
  quiet,
  stderr,
  unit = 'files',
}: {
  readonly quiet: boolean
  readonly stderr: WriteStream
  readonly unit?: string
}): Promise<ProgressView> {
  if (quiet) return {show: () => {}, above: write => write(), close: () => {}}
  const bar = stderr.isTTY ? await openProgressBar(stderr, format(unit)) : undefined
  const above = (write: () => void) => (bar ? bar.above(write) : write())
  const line = (text: string) => above(() => stderr.write(`${text}\n`))
  const counts: Counts = {
    unit,
    total: 0,
    done: 0,
    failed: 0,
    finishedSeconds: 0,
    underWay: new Map(),
    startedAt: performance.now(),
  }
  const draw = bar ? drawOn(bar) : sayNowAndThen(line)
  return {
    above,
    show(event) {
      for (const text of notes(event, counts)) line(text)
      if (!count(event, counts)) return
      if (event.type !== 'model') draw(counts)
      else if (counts.total > 0) bar?.start(counts.total, barValues(counts))
    },
    close: () => bar?.stop(),
  }
}

const drawOn = (bar: ProgressBar) => (counts: Counts) => bar.update(filesDone(counts), barValues(counts))

function sayNowAndThen(line: (text: string) => void): (counts: Counts) => void {
  let last = performance.now()
  return counts => {
    if (performance.now() - last < LINE_EVERY_MS) return
    last = performance.now()
    line(statusLine(counts))
  }
}

/** Whether there is anything new to be seen. */
function count(event: ProgressEvent, counts: Counts): boolean {
  if (event.type === 'plan') counts.total = event.pending
  else if (event.type === 'model') counts.startedAt = performance.now()
  else if (event.type === 'audio')
    counts.underWay.set(event.name, {durationSeconds: event.durationSeconds, positions: new Map()})
  else if (event.type === 'progress') counts.underWay.get(event.name)?.positions.set(event.channel, event.seconds)
  else if (event.type === 'result') countResult(event, counts)
  else return false
  return true
}

function countResult({name, records}: Extract<ProgressEvent, {type: 'result'}>, counts: Counts): void {
  counts.underWay.delete(name)
  const [first] = records
  if (first === undefined || first.status === 'skipped' || (first.status === 'ok' && first.resumed)) return
  counts.done++
  if (first.status === 'failed') counts.failed++
  for (const record of records) if (record.status === 'ok') counts.finishedSeconds += record.durationSeconds
}

/** What is worth a line of its own. The failure of the only input is told at the end. */
function notes(event: ProgressEvent, {total}: Counts): string[] {
  if (event.type === 'plan') return event.duplicates.map(name => `Named twice, transcribed once: ${name}`)
  if (event.type === 'model') return modelLines(event)
  if (event.type === 'warning') return [`Warning: ${aboutInput(event.name, event.message)}`]
  if (event.type === 'retry') return [`${event.name}: ${event.reason} It is tried once more.`]
  if (event.type !== 'result' || total <= 1) return []
  return event.records.flatMap(record => (record.status === 'failed' ? [`Failed: ${failureLine(record)}`] : []))
}

const aboutInput = (name: string | undefined, message: string): string =>
  name === undefined || message.startsWith(name) ? message : `${name}: ${message}`

/** Files, with the parts of those under way. */
function filesDone({done, total, underWay}: Counts): number {
  const parts = [...underWay.values()].map(recording => heardSeconds(recording) / recording.durationSeconds)
  return Math.min(
    total,
    parts.reduce((sum, part) => sum + Math.min(1, part || 0), done),
  )
}

/** The mean over the channels. */
const heardSeconds = ({positions}: UnderWay): number =>
  [...positions.values()].reduce((sum, seconds) => sum + seconds, 0) / Math.max(1, positions.size)

function barValues(counts: Counts) {
  const {startedAt, done, total, finishedSeconds, underWay} = counts
  const wallSeconds = (performance.now() - startedAt) / 1000
  const audioSeconds = [...underWay.values()].reduce((sum, recording) => sum + heardSeconds(recording), finishedSeconds)
  const files = filesDone(counts)
  const left = files > 0 ? (wallSeconds / files) * (total - files) : undefined
  return {
    done,
    audio: clock(audioSeconds),
    speed: wallSeconds > 0 ? (audioSeconds / wallSeconds).toFixed(1) : '–',
    left: left === undefined ? '–' : clock(left),
  }
}

function statusLine(counts: Counts): string {
  const {done, audio, speed, left} = barValues(counts)
  const failed = counts.failed > 0 ? `, ${counts.failed} failed` : ''
  return `${done}/${counts.total} ${counts.unit}${failed}, ${audio} of audio, ${speed}x real time, ${left} left`
}

function modelLines({info, provider, batchSize}: Extract<TranscribeEvent, {type: 'model'}>): string[] {
  const together = batchSize > 1 ? `, up to ${batchSize} recordings at a time` : ''
  const rejected = provider.rejected.map(({provider: name, reason}) => `  not on ${name}: ${reason.split('\n')[0]}`)
  return [`${info.name} ${info.precision} on ${provider.provider}${together}`, ...rejected]
}
