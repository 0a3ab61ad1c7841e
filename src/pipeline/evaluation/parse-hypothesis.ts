import {z} from 'zod'
import {HYPOTHESIS_COLUMNS} from '../text-pairs/text-columns.js'
import {ErrorRecordSchema, ModelRecord} from '../transcripts/results.js'
import type {Hypothesis} from './hypotheses.js'

/** A hypothesis of another program: an id and a text. What else stands there is not ours to check. */
const plainLine = (column: string) => z.object({id: z.string().min(1)}).and(z.object({[column]: z.string()}))

/** What scoring needs of a line of `transcribe --jsonl`. */
const TranscribeLine = z.looseObject({
  type: z.literal('result'),
  audio: z.string(),
  id: z.string().optional(),
  channel: z.string().optional(),
})
const TranscribedLine = TranscribeLine.extend({
  status: z.literal('ok'),
  text: z.string(),
  durationSeconds: z.number().min(0).optional(),
  warnings: z.array(z.string()).optional(),
  model: ModelRecord.optional(),
  options: z.record(z.string(), z.json()).optional(),
})
const FailedLine = TranscribeLine.extend({status: z.literal('failed'), error: ErrorRecordSchema})
const ResultLine = z.discriminatedUnion('status', [
  TranscribedLine,
  FailedLine,
  TranscribeLine.extend({status: z.literal('skipped')}),
])
export type ResultLine = z.infer<typeof ResultLine>

type ParsedLine =
  | {readonly kind: 'hypothesis'; readonly id: string; readonly column: string; readonly hypothesis: Hypothesis}
  | {readonly kind: 'result'; readonly result: ResultLine; readonly hypothesis: Hypothesis | undefined}
  | {readonly kind: 'summary'}

/**
 * What a line that was read as JSON says of one recording.
 *
 * @returns what is wrong with it, as a string
 */
export function parseHypothesis(value: unknown): ParsedLine | string {
  const {data: typed} = z.looseObject({type: z.string()}).safeParse(value)
  if (typed?.type === 'summary') return {kind: 'summary'}
  if (typed?.type === 'result') {
    const {data: result, error} = ResultLine.safeParse(value)
    return result ? {kind: 'result', result, hypothesis: fromResult(result)} : reason(error)
  }
  const column = HYPOTHESIS_COLUMNS.find(name => isObject(value) && Object.hasOwn(value, name)) ?? 'text'
  const {data: plain, error} = plainLine(column).safeParse(value)
  if (!plain) return value === undefined ? 'not a JSON object' : reason(error)
  return {kind: 'hypothesis', id: plain.id, column, hypothesis: {status: 'ok', text: plain[column] ?? ''}}
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null

const reason = (error: z.ZodError): string =>
  error.issues.map(({path, message}) => `${path.join('.') || 'the line'}: ${message}`).join('; ')

function fromResult(result: ResultLine): Hypothesis | undefined {
  if (result.status === 'failed') return {status: 'failed', error: result.error}
  if (result.status === 'skipped') return undefined
  // The times of `transcribe` have the waiting for other recordings in them: they are no latency.
  const {text, durationSeconds, warnings} = result
  return {status: 'ok', text: text.trim(), durationSeconds, warnings}
}
