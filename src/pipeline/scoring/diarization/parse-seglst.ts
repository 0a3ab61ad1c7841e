import {z} from 'zod'
import {LinguluError} from '../../errors.js'
import type {Parsed} from './line-problem.js'
import {parseSeconds} from './parse-seconds.js'
import type {Segment, SpeakerTranscript} from './segment.js'
import {toMicros} from './turn.js'

const name = z.union([z.string(), z.number()], 'not a name').transform(String).pipe(z.string().min(1, 'empty'))
const micros = z.union([z.number(), z.string()], 'not a number of seconds').transform((value, context) => {
  const parsed = typeof value === 'number' ? toMicros(value) : parseSeconds(value)
  if (parsed !== undefined) return parsed
  context.addIssue({code: 'custom', message: 'not a number of seconds'})
  return z.NEVER
})

/** The keys of a SegLST segment that are scored; the format has others, which are passed over. */
const SegLstSegment = z
  .object({
    session_id: name,
    speaker: name,
    words: z.union([z.string(), z.array(z.string())], 'not a text'),
    start_time: micros.optional(),
    end_time: micros.optional(),
  })
  .refine(({start_time: start = 0, end_time: end = start}) => end >= start, {
    path: ['end_time'],
    message: 'before start_time',
  })

const HINT =
  'SegLST is a JSON list of objects with session_id, speaker, words and, in seconds, start_time and end_time (see docs/diarization-scoring.md).'

/** So many problems are shown, the others counted. */
const SHOWN_PROBLEMS = 20

/**
 * The segments of meeteval's and CHiME's JSON format.
 *
 * @param path for messages
 * @throws {LinguluError} MANIFEST_INVALID with every segment (from 1) that cannot be read
 */
export function parseSegLst(text: string, path: string): Parsed<SpeakerTranscript> {
  const list = z.array(z.unknown(), 'not a list of segments').safeParse(parseJson(text, path))
  if (!list.success) throw invalid(path, ['not a list of segments'])
  const problems: string[] = []
  const segments: Segment[] = []
  for (const [index, item] of list.data.entries()) {
    const parsed = SegLstSegment.safeParse(item)
    if (parsed.success) segments.push(toSegment(parsed.data))
    else
      problems.push(
        ...parsed.error.issues.map(
          ({path: keys, message}) => `segment ${index + 1}: ${[...keys.map(String), message].join(': ')}`,
        ),
      )
  }
  if (problems.length > 0) throw invalid(path, problems)
  return {data: {segments, ignored: new Map(), wordByWord: false}, notes: []}
}

function toSegment({session_id, speaker, words, start_time, end_time}: z.infer<typeof SegLstSegment>): Segment {
  const text = typeof words === 'string' ? words : words.join(' ')
  const time =
    start_time === undefined || end_time === undefined ? undefined : {startMicros: start_time, endMicros: end_time}
  return {session: session_id, speaker, text, time}
}

function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw invalid(path, [cause instanceof Error ? cause.message : 'not JSON'])
  }
}

function invalid(path: string, problems: readonly string[]): LinguluError {
  const lines = problems.slice(0, SHOWN_PROBLEMS).map(problem => `  ${problem}`)
  if (problems.length > SHOWN_PROBLEMS) lines.push(`  and ${problems.length - SHOWN_PROBLEMS} more`)
  return new LinguluError('MANIFEST_INVALID', `${path}: not a usable SegLST file\n${lines.join('\n')}`, {hint: HINT})
}
