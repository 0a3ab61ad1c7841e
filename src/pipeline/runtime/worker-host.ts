/* Entry of an inference worker: the process that owns the ONNX sessions of one device. */

import {LinguluError, toErrorRecord} from '../errors.js'
import type {ModelFolder} from '../models/model-folder.js'
import type {Recognizer} from '../models/recognizer.js'
import {AudioThreads} from './audio-threads.js'
import {JobRunner} from './job-runner.js'
import type {FromWorker, ToWorker, WorkerSettings} from './protocol.js'
import type {SessionOptions} from './session.js'

/** What the module named by `WorkerSettings.factory` exports. */
export interface RecognizerFactory {
  /** `slots`: recordings that will be recognised at once. */
  openRecognizer(
    folder: ModelFolder,
    session: SessionOptions,
    batch: {readonly slots: number},
  ): Promise<Recognizer<unknown>>
}

if (process.send !== undefined) serve()

function serve(): void {
  let runner: JobRunner | undefined
  process.on('message', async (message: ToWorker) => {
    if (message.type === 'load') runner = await load(message.settings, message.spoolDirectory)
    else if (message.type === 'run') void runner?.run(message.job, message.input)
    else runner?.cancel(message.job)
  })
  // Whoever started us is gone: there is nobody left to work for.
  process.on('disconnect', () => process.exit())
  // Ctrl-C reaches the whole process group. The main process decides what becomes of the work under way.
  process.on('SIGINT', () => {})
}

async function load(settings: WorkerSettings, spoolDirectory: string): Promise<JobRunner | undefined> {
  const {factory, audioThreads, audioStallSeconds} = settings
  const audio = new AudioThreads({threads: audioThreads, stallSeconds: audioStallSeconds})
  try {
    const {openRecognizer} = await importFactory(factory)
    const recognizer = await openRecognizer(settings.folder, settings.session, settings)
    send({type: 'ready', info: recognizer.info})
    return new JobRunner({recognizer, audio, settings, spoolDirectory, send})
  } catch (error) {
    send({type: 'load-failed', error: toErrorRecord(error)})
    return undefined
  }
}

async function importFactory(url: string): Promise<RecognizerFactory> {
  const module: Partial<RecognizerFactory> = await import(url)
  const {openRecognizer} = module
  if (openRecognizer === undefined) throw new LinguluError('CONFIG_INVALID', `${url} does not export openRecognizer.`)
  return {openRecognizer}
}

function send(message: FromWorker): void {
  process.send?.(message)
}
