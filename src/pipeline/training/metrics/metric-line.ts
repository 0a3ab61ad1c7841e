import {z} from 'zod'
import {LinguluError} from '../../errors.js'
import {explainIssues} from '../../explain-issues.js'
import {readLines} from '../../transcripts/read-lines.js'
import {TrainEvent} from '../train-events.js'

/** A line of the log: what happened, and when. In the file the members of the event stand beside the time. */
export interface MetricLine {
  /** ISO 8601, UTC. */
  readonly time: string
  readonly event: TrainEvent
}

/** Where a line ends in its file. */
export interface PlacedLine extends MetricLine {
  readonly endBytes: number
}

export const formatMetricLine = ({time, event}: MetricLine): string => `${JSON.stringify({time, ...event})}\n`

/**
 * What a run has logged; nothing where there is no file. A last line that was torn by a crash is left out.
 *
 * @throws {LinguluError} JOURNAL_INVALID where a whole line is no event, or the file cannot be read
 */
export async function* readMetricLines(path: string): AsyncGenerator<PlacedLine> {
  let number = 0
  for await (const {line, offset} of readLines(path)) {
    number++
    yield {...parseLine(path, number, line.toString('utf8')), endBytes: offset + line.length + 1}
  }
}

const Timed = z.looseObject({time: z.iso.datetime()})

function parseLine(path: string, number: number, text: string): MetricLine {
  const timed = Timed.safeParse(parseJson(text))
  if (!timed.success) throw damaged(path, number, timed.error)
  const {time, ...members} = timed.data
  const event = TrainEvent.safeParse(members)
  if (!event.success) throw damaged(path, number, event.error)
  return {time, event: event.data}
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function damaged(path: string, number: number, cause: z.ZodError): LinguluError {
  const reason = explainIssues(cause).split('\n', 1)[0]?.slice(0, 200)
  return new LinguluError('JOURNAL_INVALID', `${path}: line ${number} is no entry of a training log (${reason})`, {
    cause,
    hint: 'Move the file elsewhere: training goes on without it, and its report begins anew.',
  })
}

/** The steps that were done when an event came; undefined where it does not say. */
export function stepOf(event: TrainEvent): number | undefined {
  if (event.type === 'done') return event.steps
  return 'step' in event ? event.step : undefined
}
