import type {TranscribeEvent} from '../pipeline/events.js'
import {EXIT} from '../pipeline/exit-codes.js'
import {type TranscribeOptions, transcribe} from '../pipeline/transcribe.js'
import type {PlanDocument, ResultRecord, RunDocument, SummaryRecord} from '../pipeline/transcripts/results.js'
import type {Segment} from '../pipeline/transcripts/transcript.js'
import {closedSignal} from './closed-output.js'
import {formatPlan, planDocument} from './format-plan.js'
import {formatFailures, formatSummary} from './format-summary.js'
import {interruptSignal} from './interrupt.js'
import {openPullProgress} from './pull-progress.js'
import {segmentLine} from './segment-line.js'
import {requirePipe, spoolStdin} from './stdin.js'
import {openProgress, type ProgressView} from './transcribe-progress.js'

export interface TerminalOptions {
  /** Takes a line for stdout. */
  readonly print: (line: string) => void
  readonly quiet: boolean
  /** What goes to stdout: nothing where files are written, the text, a line for each result, or one document at the end. */
  readonly stdout: 'text' | 'jsonl' | 'json'
}

/** What `--json` prints, and the exit code. */
export interface Outcome {
  readonly document: RunDocument | PlanDocument
  readonly exitCode: number
}

/** Transcribes and shows it: text or JSON lines on stdout, everything else on stderr. */
export async function runTranscribe(options: TranscribeOptions, terminal: TerminalOptions): Promise<Outcome> {
  const {quiet} = terminal
  const {stderr} = process
  if (options.inputs.includes('-')) requirePipe('cat talk.mp3 | lingulu transcribe -')
  using interrupt = interruptionOf(options)
  using closed = closedSignal()
  using stdin = spoolStdin()
  const progress = await openProgress({quiet, stderr})
  const pull = openPullProgress({quiet, stderr})
  const printer = createPrinter(options, terminal, progress)
  // Where files are written, stdout is only a report.
  const signal = options.output ? interrupt.signal : AbortSignal.any([interrupt.signal, closed.signal])
  let outcome: Outcome | undefined
  try {
    for await (const event of transcribe({...options, stdin: stdin.save}, {signal})) {
      if (event.type === 'pull') pull.show(event.event)
      else progress.show(event)
      outcome = printer(event) ?? outcome
    }
  } finally {
    progress.close()
    pull.close()
  }
  if (outcome === undefined) throw new Error('A run ends with its summary, a dry one with its plan')
  const {document} = outcome
  if ('summary' in document) tellEnd(document.summary, terminal)
  return outcome
}

function interruptionOf({output}: TranscribeOptions) {
  if (output === undefined) return interruptSignal('Interrupted.')
  return interruptSignal('Interrupted. What was finished is saved.', 'The same command with --resume goes on.')
}

/** The failures are told even when all else is quiet; `--json` has them in its document. */
function tellEnd(summary: SummaryRecord, {quiet, stdout}: TerminalOptions): void {
  if (!quiet) process.stderr.write(`${formatSummary(summary)}\n`)
  if (summary.failures.length > 0 && !(quiet && stdout === 'json')) process.stderr.write(`${formatFailures(summary)}\n`)
}

type Printer = (event: TranscribeEvent) => Outcome | undefined

/** Prints what belongs to stdout, and gives the outcome with the last event. */
function createPrinter(options: TranscribeOptions, terminal: TerminalOptions, progress: ProgressView): Printer {
  const {stdout} = terminal
  const print = (line: string) => progress.above(() => terminal.print(line))
  const results: {readonly index: number; readonly records: readonly ResultRecord[]}[] = []
  const printText = stdout === 'text' && options.output === undefined ? textPrinter(terminal, progress) : () => {}
  return event => {
    printText(event)
    if (event.type === 'plan' && options.dryRun) {
      const document = planDocument(event)
      if (stdout === 'text') print(formatPlan(event))
      if (stdout === 'jsonl') for (const input of document.inputs) print(JSON.stringify(input))
      return {document, exitCode: event.failures.length > 0 ? EXIT.someFailed : EXIT.ok}
    }
    if (event.type === 'result' && stdout === 'jsonl') for (const record of event.records) print(JSON.stringify(record))
    if (event.type === 'result' && stdout === 'json') results.push(event)
    if (event.type !== 'done') return undefined
    const {summary} = event
    if (stdout === 'jsonl') print(JSON.stringify(summary))
    // As they come they are in the order in which they were finished.
    const ordered = results.sort((a, b) => a.index - b.index).flatMap(({records}) => records)
    return {document: {results: ordered, summary}, exitCode: summary.inputs.failed > 0 ? EXIT.someFailed : EXIT.ok}
  }
}

/**
 * Prints the segments of each recording under a heading when it is done; of a recording alone, as they come. Doubts go to
 * stderr.
 */
function textPrinter({print, quiet}: TerminalOptions, progress: ProgressView): (event: TranscribeEvent) => void {
  let alone = false
  let printed = 0
  let seen = 0
  const printSegment = (segment: Pick<Segment, 'start' | 'end' | 'text'>) => {
    // After a crash the recording begins anew, with the same segments.
    if (++seen <= printed) return
    printed = seen
    if (segment.text !== '') print(segmentLine(segment))
  }
  return event => {
    if (event.type === 'plan') alone = event.total === 1
    if (event.type === 'retry') seen = 0
    if (event.type === 'segment' && alone && event.channel === undefined)
      progress.above(() => printSegment(event.segment))
    if (event.type !== 'result') return
    for (const record of event.records) {
      if (record.status !== 'ok') continue
      const {channel, segments, suspects} = record
      const heading = channel === undefined ? event.name : `${event.name} (${channel})`
      progress.above(() => {
        if (!alone || channel !== undefined) {
          print(`# ${heading}`)
          printed = 0
        }
        seen = 0
        segments.forEach(printSegment)
        if (quiet) return
        for (const {kind, segment, detail} of suspects)
          process.stderr.write(`Doubtful: ${heading}, segment ${segment}: ${kind}: ${detail}\n`)
      })
    }
  }
}
