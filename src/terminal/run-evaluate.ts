import {appendFile} from 'node:fs/promises'
import {relative} from 'node:path'
import {type EvaluateOptions, evaluate} from '../pipeline/evaluate.js'
import type {EvaluateEvent} from '../pipeline/evaluation/evaluate-events.js'
import type {EvaluationReport} from '../pipeline/evaluation/evaluation-report.js'
import {EXIT} from '../pipeline/exit-codes.js'
import {closedSignal} from './closed-output.js'
import {toProgress} from './evaluate-progress.js'
import {formatEvaluation, formatFailedUtterances} from './format-evaluation.js'
import {interruptSignal} from './interrupt.js'
import {openPullProgress} from './pull-progress.js'
import {openProgress, type ProgressView} from './transcribe-progress.js'

export interface EvaluateTerminal {
  /** Takes text for stdout. */
  readonly print: (text: string) => void
  readonly quiet: boolean
  /** stdout is for the report as JSON. */
  readonly json: boolean
  /** Utterances to show with their alignment. */
  readonly worst: number | undefined
  /** Tell GitHub Actions. */
  readonly github: boolean
}

/** Evaluates and shows it: the numbers on stdout, everything else on stderr. */
export async function runEvaluate(
  options: EvaluateOptions,
  terminal: EvaluateTerminal,
): Promise<{readonly report: EvaluationReport; readonly exitCode: number}> {
  const {quiet} = terminal
  const {stderr} = process
  using interrupt = interruptionOf(options)
  using closed = closedSignal()
  const progress = await openProgress({quiet, stderr, unit: 'utterances'})
  const pull = openPullProgress({quiet, stderr})
  const signal = isKept(options) ? interrupt.signal : AbortSignal.any([interrupt.signal, closed.signal])
  let done: Extract<EvaluateEvent, {type: 'done'}> | undefined
  try {
    for await (const event of evaluate(options, {signal})) {
      if (event.type === 'pull') pull.show(event.event)
      if (event.type === 'done') done = event
      if (!quiet) for (const line of notes(event)) tell(progress, line)
      const shown = toProgress(event)
      if (shown) progress.show(shown)
    }
  } finally {
    progress.close()
    pull.close()
  }
  if (done === undefined) throw new Error('An evaluation ends with done')
  const {report, files} = done
  if (!terminal.json) terminal.print(formatEvaluation(report, {worst: terminal.worst ?? 0}))
  if (!quiet) for (const file of files) stderr.write(`Written: ${shortPath(file)}\n`)
  tellFailures(report, terminal)
  if (terminal.github) await tellGithub(report)
  return {report, exitCode: exitCodeFor(report)}
}

/** As seen from here, unless it lies elsewhere. */
const shortPath = (path: string): string => {
  const short = relative(process.cwd(), path)
  return short.startsWith('..') ? path : short
}

/** Something of the run outlives it. */
const isKept = ({hypotheses, files}: EvaluateOptions): boolean =>
  hypotheses !== undefined || files?.report !== undefined

function interruptionOf(options: EvaluateOptions) {
  if (!isKept(options) || options.from !== undefined) return interruptSignal('Interrupted.')
  return interruptSignal('Interrupted. What was recognised is kept.', 'The same command with --resume goes on.')
}

const tell = (progress: ProgressView, line: string) => progress.above(() => process.stderr.write(`${line}\n`))

function notes(event: EvaluateEvent): string[] {
  if (event.type === 'dataset') {
    const {name, utterances, total, warnings} = event
    const sample = utterances < total ? ` of ${total}` : ''
    const shown = warnings.slice(0, SHOWN_WARNINGS).map(warning => `Warning: ${warning}`)
    const rest = warnings.length - shown.length
    return [
      `${name}: ${utterances}${sample} utterances. ${event.recognition}`.trim(),
      ...shown,
      ...(rest > 0 ? [`and ${rest} more warnings`] : []),
    ]
  }
  if (event.type === 'plan' && event.resumed > 0)
    return [`${event.resumed} utterances were recognised before, ${event.pending} are left.`]
  return []
}

const SHOWN_WARNINGS = 20

/** Told even when all else is quiet; `--json` has them in its document, but people read stderr. */
function tellFailures(report: EvaluationReport, {quiet, json}: EvaluateTerminal): void {
  const {stderr} = process
  if (report.failures.length > 0 && !(quiet && json)) stderr.write(`${formatFailedUtterances(report)}\n`)
  for (const {gate, passed, message} of report.gates)
    if (!passed) stderr.write(`Gate failed: ${message}\n`)
    // A rise may have been forgiven: whoever looks at the run should know.
    else if (!quiet && BASELINE_GATES.has(gate)) stderr.write(`Gate passed: ${message}\n`)
}

const BASELINE_GATES: ReadonlySet<string> = new Set(['max-regression', 'speed-trade'])

/** Annotations go to stderr, which GitHub reads too: stdout may be JSON. */
async function tellGithub(report: EvaluationReport): Promise<void> {
  const {annotations, stepSummary} = await import('../pipeline/reports/github-report.js')
  process.stderr.write(`${annotations(report).join('\n')}\n`)
  const {GITHUB_STEP_SUMMARY: path} = process.env
  if (path) await appendFile(path, stepSummary(report))
}

function exitCodeFor({gates, failures}: EvaluationReport): number {
  if (gates.some(({passed}) => !passed)) return EXIT.gateFailed
  return failures.length > 0 ? EXIT.someFailed : EXIT.ok
}
