import {type ParseArgsConfig, parseArgs} from 'node:util'
import {LinguluError, toErrorRecord} from '../errors.js'
import {EXIT, exitCodeOf} from '../exit-codes.js'
import {packageVersion} from '../version.js'
import type {ToolDone, ToolEvent} from './tool-events.js'

export interface ToolContext {
  readonly signal: AbortSignal
  readonly emit: (event: Exclude<ToolEvent, {type: 'error'}>) => void
}

type ArgumentOptions = NonNullable<ParseArgsConfig['options']>
/** As `parseArgs` of node:util gives them. */
export type ToolValues = Readonly<Record<string, string | boolean | readonly (string | boolean)[] | undefined>>

/** A stand-alone program: one ONNX file in, one out. */
export interface Tool<Options> {
  readonly name: string
  /** What `--help` prints. */
  readonly help: string
  /** As `parseArgs` takes them; `help` and `version` are added. */
  readonly arguments: ArgumentOptions
  /** @throws LinguluError USAGE */
  readonly parse: (values: ToolValues, positionals: readonly string[]) => Options | Promise<Options>
  readonly run: (options: Options, context: ToolContext) => Promise<ToolDone>
}

/** The streams of a process, as far as a tool uses them. */
export interface ToolStreams {
  readonly stdout: NodeJS.WritableStream
  readonly stderr: NodeJS.WritableStream & {readonly isTTY?: boolean | undefined}
}

/**
 * Runs a tool as its process does: events are lines of JSON on stdout, errors also text on stderr. SIGINT and SIGTERM
 * abort it; so does a reader of stdout who has gone.
 *
 * @returns the exit code
 */
export async function toolMain<Options>(
  tool: Tool<Options>,
  argv: readonly string[],
  {stdout, stderr}: ToolStreams = process,
): Promise<number> {
  const controller = new AbortController()
  const interrupt = () => controller.abort(new LinguluError('INTERRUPTED', 'Interrupted. Nothing was written.'))
  const signals = ['SIGINT', 'SIGTERM'] as const
  for (const name of signals) process.on(name, interrupt)
  stdout.on('error', interrupt)
  const say = (event: ToolEvent | ToolDone) => stdout.write(`${JSON.stringify(event)}\n`)
  try {
    const {values, positionals} = parseArguments(tool, argv)
    if (values.help === true) stdout.write(tool.help)
    else if (values.version === true) stdout.write(`${tool.name} (lingulu ${packageVersion()})\n`)
    else {
      const options = await tool.parse(values, positionals)
      const done = await tool.run(options, {signal: controller.signal, emit: toTerminal(say, stderr, tool.name)})
      say(done)
    }
    return EXIT.ok
  } catch (error) {
    const record = toErrorRecord(error)
    say({type: 'error', ...record})
    const {hint} = record
    stderr.write(`${tool.name}: ${record.stack ?? record.message}\n${hint === undefined ? '' : `  → ${hint}\n`}`)
    return exitCodeOf(error)
  } finally {
    for (const name of signals) process.off(name, interrupt)
    stdout.off('error', interrupt)
  }
}

function parseArguments({name, arguments: options}: Pick<Tool<never>, 'name' | 'arguments'>, argv: readonly string[]) {
  const shared = {help: {type: 'boolean', short: 'h'}, version: {type: 'boolean', short: 'V'}} as const
  try {
    return parseArgs({args: [...argv], options: {...options, ...shared}, allowPositionals: true, allowNegative: true})
  } catch (cause) {
    if (!(cause instanceof TypeError)) throw cause
    throw new LinguluError('USAGE', cause.message, {cause, hint: `\`${name} --help\` tells what it takes.`})
  }
}

/** Adds a line for people where stderr is a terminal. */
function toTerminal(
  say: (event: ToolEvent) => void,
  stderr: ToolStreams['stderr'],
  name: string,
): (event: ToolEvent) => void {
  if (stderr.isTTY !== true) return say
  return event => {
    say(event)
    if (event.type === 'note') stderr.write(`${name}: ${event.message}\n`)
    if (event.type === 'progress') stderr.write(`\r${name}: ${Math.floor(100 * event.fraction)} %`)
    if (event.type === 'progress' && event.fraction === 1) stderr.write('\n')
  }
}
