import {resolve} from 'node:path'
import {LinguluError} from './errors.js'
import type {TranscribeEvent} from './events.js'
import {EXIT, exitCodeOf} from './exit-codes.js'
import {fingerprintInput} from './inputs/fingerprint.js'
import type {InputItem} from './inputs/input.js'
import type {PlannedJob} from './inputs/plan.js'
import type {DecodingOptions} from './models/decoding-options.js'
import type {ModelFolder} from './models/model-folder.js'
import type {Model} from './open-model.js'
import {decodingOf, prepareOf, recognizeInput} from './recognize-input.js'
import type {PrepareOptions} from './runtime/prepared-audio.js'
import type {TranscribeOptions} from './transcribe.js'
import type {OutputRun, OutputRunOptions} from './transcripts/output-run.js'
import type {FailedRecord, ResultRecord, TranscribedRecord} from './transcripts/results.js'
import {failedRecord, transcribedRecord} from './transcripts/summarize.js'
import type {Transcript} from './transcripts/transcript.js'
import {writeOutputs} from './transcripts/write-outputs.js'

/** What all inputs of a run share. */
export interface Run {
  readonly options: TranscribeOptions
  readonly folder: ModelFolder
  readonly decoding: DecodingOptions
  readonly prepare: PrepareOptions
  readonly identity: OutputRunOptions['identity']
  readonly outputs: OutputRun | undefined
  readonly emit: (event: TranscribeEvent) => void
  readonly abort: AbortController
}

/** One input and what holds for it alone. */
interface Job {
  readonly planned: PlannedJob
  readonly item: InputItem
  /** Of the file to read: for stdin, what it was saved to. */
  readonly path: string
  readonly decoding: DecodingOptions['options']
  readonly prepare: PrepareOptions
}

/**
 * Transcribes one input and writes its outputs. What is wrong with the input becomes its record.
 *
 * @throws what concerns all inputs (an option that the model cannot honour, a model that is missing); the signal's reason
 */
export async function transcribeInput(run: Run, model: Model, planned: PlannedJob): Promise<readonly ResultRecord[]> {
  const {abort, outputs, emit} = run
  const {item} = planned
  let path = item.path
  emit({type: 'start', name: item.name})
  try {
    if (path === '-') path = await saveStdin(run)
    const job = {planned, item, path, decoding: decodingOf(run.decoding, item), prepare: prepareOf(run.prepare, item)}
    return await transcribeJob(run, model, job)
  } catch (error) {
    abort.signal.throwIfAborted()
    const exitCode = exitCodeOf(error)
    if (exitCode === EXIT.usage || exitCode === EXIT.unavailable) throw error
    const record = recordFailure({...item, path}, error)
    await outputs?.failed(planned, record.error)
    return [record]
  }
}

/** The record of an input that failed. The message names it as the user did. */
export function recordFailure(
  {name, id, path = resolve(name)}: Pick<InputItem, 'name' | 'id'> & {readonly path?: string},
  error: unknown,
): FailedRecord {
  const record = failedRecord(name, error, id)
  return {...record, error: {...record.error, message: record.error.message.replaceAll(path, name)}}
}

async function saveStdin({options, abort}: Run): Promise<string> {
  if (options.stdin !== undefined) return await options.stdin(abort.signal)
  throw new LinguluError('USAGE', 'There is no stdin to read.', {hint: 'Give the option `stdin` with the input `-`.'})
}

async function transcribeJob(run: Run, model: Model, job: Job): Promise<TranscribedRecord[]> {
  const {outputs, identity, emit, abort} = run
  const {planned, item, path, decoding, prepare} = job
  const started = performance.now()
  // Taken before decoding: a file that changes meanwhile is then found to be another afterwards.
  const input = outputs && item.path !== '-' ? await fingerprintInput(item.path) : undefined
  const {transcripts, timings, warnings} = await recognizeInput(
    model,
    {name: item.name, path, raw: run.options.raw, decoding, prepare},
    {emit, signal: abort.signal},
  )
  // What the run's options say, but for this input. JSON drops what is undefined.
  const options = JSON.parse(JSON.stringify({...identity.options, ...decoding, prepare}))
  const written = outputs
    ? await writeOutputs(
        outputs.plan.outputDir,
        planned,
        transcripts,
        transcript => writeOptions(run, options, transcript),
        abort.signal,
      )
    : []
  const {decodeSeconds, featureSeconds, encoderSeconds, decoderSeconds, alignmentSeconds} = timings
  const {name, hash, precision, provider} = model.info
  const records = transcripts.map(transcript =>
    transcribedRecord(transcript, {
      audio: item.name,
      id: item.id,
      warnings,
      outputs: written.filter(({channel}) => channel === transcript.channel).map(({format, path}) => ({format, path})),
      model: {name, hash, precision, provider},
      options,
      timings: {
        wallSeconds: (performance.now() - started) / 1000,
        audioSeconds: decodeSeconds + featureSeconds,
        encoderSeconds,
        decoderSeconds,
        alignmentSeconds,
      },
    }),
  )
  await outputs?.done(planned, {
    input,
    outputs: written.map(({path, bytes, sha256}) => ({path, bytes, sha256})),
    results: records,
  })
  return records
}

function writeOptions(
  {options: {output}, identity}: Run,
  options: OutputRunOptions['identity']['options'],
  {durationSeconds, suspects, channel}: Transcript,
) {
  const {subtitles, jsonLayout} = output ?? {}
  const metadata = jsonLayout === 'full' ? {...identity, options, durationSeconds, channel, suspects} : undefined
  return {subtitles, metadata}
}
