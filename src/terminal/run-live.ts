import {PassThrough, type Readable} from 'node:stream'
import type {WriteStream} from 'node:tty'
import {liveOptions} from '../flags/live-options.js'
import type {TranscribeFlags} from '../flags/transcribe-options.js'
import type {AudioSource} from '../pipeline/audio/source.js'
import {LinguluError} from '../pipeline/errors.js'
import {EXIT} from '../pipeline/exit-codes.js'
import type {TranscribeOptions} from '../pipeline/transcribe.js'
import {type TranscribeLiveEvent, transcribeLive} from '../pipeline/transcribe-live.js'
import {closedSignal} from './closed-output.js'
import {interruptSignal} from './interrupt.js'
import {openPullProgress} from './pull-progress.js'
import {segmentLine} from './segment-line.js'
import {requirePipe} from './stdin.js'

const EXAMPLE = 'arecord -f S16_LE -r 16000 -c 1 -t raw | lingulu transcribe - --raw s16le --live'
/** What comes while the model is loaded waits here: minutes of speech. */
const EARLY_BYTES = 1 << 24

/**
 * Transcribes stdin as it comes: final segments on stdout, provisional text on the terminal only. Ctrl-C ends the
 * listening, and what has been heard by then is still transcribed.
 *
 * @returns the exit code
 */
export async function runLive(
  options: TranscribeOptions,
  flags: TranscribeFlags,
  print: (line: string) => void,
): Promise<number> {
  if (options.inputs.length !== 1 || options.inputs[0] !== '-')
    throw new LinguluError('USAGE', '--live listens to stdin and to nothing else.', {hint: EXAMPLE})
  requirePipe(EXAMPLE)
  const {quiet} = flags
  const {stderr} = process
  const note: Note = text => void (quiet || stderr.write(`${text}\n`))
  using interrupt = interruptSignal('Interrupted.')
  using closed = closedSignal()
  const pull = openPullProgress({quiet, stderr})
  const show = flags.jsonl ? printJson(print, note) : liveView(print, note, quiet ? undefined : stderr)
  const loading = new AbortController()
  const microphone = openMicrophone()
  let listens = false
  interrupt.signal.addEventListener('abort', () => {
    if (!listens) return loading.abort(interrupt.signal.reason)
    note('Ending with what has been heard; Ctrl-C again ends at once.')
    microphone.close()
  })
  const signal = AbortSignal.any([loading.signal, closed.signal])
  const source: AudioSource = options.raw
    ? {type: 'raw', stream: microphone.stream, name: 'stdin', layout: options.raw}
    : {type: 'stream', stream: microphone.stream, name: 'stdin'}
  const all = {...options, ...liveOptions(flags), onPull: pull.show}
  try {
    for await (const event of transcribeLive(source, all, {signal})) {
      listens = true
      show(event)
    }
  } catch (error) {
    // Interrupted before there was any sound.
    if (!(listens && interrupt.signal.aborted && error instanceof LinguluError && error.code === 'AUDIO_EMPTY'))
      throw error
  } finally {
    pull.close()
    microphone.close()
  }
  return interrupt.signal.aborted ? EXIT.interrupted : EXIT.ok
}

/** Stdin as a stream that can be ended from this side. */
function openMicrophone(): {readonly stream: Readable; close(): void} {
  const {stdin} = process
  const stream = new PassThrough({highWaterMark: EARLY_BYTES})
  stdin.once('error', error => stream.destroy(error))
  stdin.pipe(stream)
  return {
    stream,
    close() {
      stdin.unpipe(stream)
      stdin.destroy()
      stream.end()
    },
  }
}

type Show = (event: TranscribeLiveEvent) => void
type Note = (text: string) => void

function printJson(print: (line: string) => void, note: Note): Show {
  return event => {
    if (event.type === 'model') note(listening(event))
    print(JSON.stringify(event))
  }
}

function liveView(print: (line: string) => void, note: Note, stderr: WriteStream | undefined): Show {
  const terminal = stderr?.isTTY ? stderr : undefined
  return event => {
    terminal?.write('\r\u001B[K')
    if (event.type === 'final') print(segmentLine(event))
    else if (event.type === 'partial') terminal?.write(onOneLine(event, terminal.columns))
    else if (event.type === 'model') note(listening(event))
    else if (event.type === 'warning') note(`Warning: ${event.message}`)
    else note(`Recognition is behind: ${event.seconds.toFixed(0)} s of speech wait.`)
  }
}

const listening = ({info, provider}: Extract<TranscribeLiveEvent, {type: 'model'}>): string =>
  `${info.name} ${info.precision} on ${provider.provider} is listening. Ctrl-C ends.`

/** The end of the text, as much as a line of the terminal holds; what is not firm yet is dim. */
function onOneLine({firm, tentative}: Extract<TranscribeLiveEvent, {type: 'partial'}>, columns: number): string {
  const text = [firm, tentative].filter(part => part !== '').join(' ')
  const shown = text.length < columns ? text : `…${text.slice(text.length - columns + 2)}`
  const firmLength = Math.max(0, shown.length - tentative.length)
  return `${shown.slice(0, firmLength)}\u001B[2m${shown.slice(firmLength)}\u001B[0m`
}
