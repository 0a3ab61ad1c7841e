import {fileURLToPath} from 'node:url'
import type {z} from 'zod'
import {fromErrorRecord, LinguluError} from '../errors.js'
import {nodeOptions, siblingEntry} from '../runtime/start-entry.js'
import {type ToolDone, ToolEvent, type ToolName} from './tool-events.js'

export interface RunToolOptions<Done extends ToolDone> {
  /** Of the tool's last event. */
  readonly done: z.ZodType<Done>
  /** What the tool reads from stdin. */
  readonly input?: string | undefined
  readonly signal?: AbortSignal | undefined
  readonly onEvent?: ((event: Exclude<ToolEvent, {type: 'error'}>) => void) | undefined
}

/** Time for a tool to remove what it has begun, before it is killed. */
const GRACE_MILLISECONDS = 5000
const SHOWN_CHARACTERS = 2000

/**
 * Runs one of the stand-alone tools in a process of its own, which may crash or be killed without harm to this one.
 *
 * @throws LinguluError what the tool reports, or WORKER_CRASHED if it ends without a report or says what it should not;
 *   the signal's reason
 */
export async function runTool<Done extends ToolDone>(
  name: ToolName,
  args: readonly string[],
  options: RunToolOptions<Done>,
): Promise<Done> {
  return await runToolEntry(siblingEntry(`../../tools/${name}`, import.meta.url), name, args, options)
}

/** Like {@link runTool}, for a module by its address. */
export async function runToolEntry<Done extends ToolDone>(
  entry: URL,
  name: string,
  args: readonly string[],
  {done: schema, input, signal, onEvent}: RunToolOptions<Done>,
): Promise<Done> {
  signal?.throwIfAborted()
  // Not loaded by those who import the library for other things.
  const {execa} = await import('execa')
  const child = execa(process.execPath, [...nodeOptions(entry), fileURLToPath(entry), ...args], {
    ...(input === undefined ? {stdin: 'ignore'} : {input}),
    buffer: false,
    reject: false,
    forceKillAfterDelay: GRACE_MILLISECONDS,
    ...(signal === undefined ? {} : {cancelSignal: signal}),
  })
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-SHOWN_CHARACTERS)
  })
  let done: Done | undefined
  let failure: Error | undefined
  for await (const line of child.iterable()) {
    const heard = read(line, schema)
    if (heard === undefined) {
      failure = crash(`${name} printed what is none of its events: ${JSON.stringify(line.slice(0, 200))}`, said)
      child.kill('SIGKILL')
      break
    }
    if ('done' in heard) done = heard.done
    else if (heard.event.type === 'error') failure = fromErrorRecord(heard.event)
    else onEvent?.(heard.event)
  }
  const {exitCode, signal: killer} = await child
  signal?.throwIfAborted()
  if (failure !== undefined) throw failure
  if (done !== undefined && exitCode === 0) return done
  if (killer === undefined) throw crash(`${name} ended with exit code ${exitCode} and without a result.`, said)
  throw crash(`${name} was killed by ${killer}.`, said, killer === 'SIGKILL' ? OUT_OF_MEMORY : undefined)
}

const OUT_OF_MEMORY = 'Systems kill what takes too much memory: look into the system’s log, and close other programs.'

type Heard<Done> = {readonly done: Done} | {readonly event: ToolEvent}

function read<Done extends ToolDone>(line: string, schema: z.ZodType<Done>): Heard<Done> | undefined {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch {
    return undefined
  }
  const event = ToolEvent.safeParse(value)
  if (event.success) return {event: event.data}
  const done = schema.safeParse(value)
  return done.success ? {done: done.data} : undefined
}

function crash(message: string, said: string, hint?: string): LinguluError {
  const last = said.trim().split('\n').slice(-5).join('\n')
  return new LinguluError('WORKER_CRASHED', last === '' ? message : `${message} Its last words:\n${last}`, {hint})
}
