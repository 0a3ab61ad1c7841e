/* Entry of the process that transcribes recordings and keeps what the sessions of the model are fed. */

import type {ErrorRecord} from '../errors.js'
import {openRecognizer} from '../models/open-recognizer.js'
import {answerQuestions} from '../runtime/asked-process.js'
import {AudioThreads} from '../runtime/audio-threads.js'
import {JobRunner} from '../runtime/job-runner.js'
import {openSession} from '../runtime/open-session.js'
import type {FromWorker, JobInput, WorkerSettings} from '../runtime/protocol.js'
import {recordingSession} from '../runtime/recording-session.js'
import {FeedRecorder, type FeedRecorderOptions, type RecordedGraph} from './feed-recorder.js'
import {graphName} from './graph-files.js'

export interface RecordQuestion {
  readonly settings: WorkerSettings
  readonly spoolDirectory: string
  readonly jobs: readonly {readonly name: string; readonly input: JobInput}[]
  readonly recorder: FeedRecorderOptions
}

export interface RecordAnswer {
  readonly graphs: readonly RecordedGraph[]
  readonly failures: readonly {readonly name: string; readonly error: ErrorRecord}[]
}

/** Recordings that are done. */
export type RecordProgress = number

if (process.send !== undefined) answerQuestions<RecordQuestion, RecordAnswer, RecordProgress>(record)

async function record(question: RecordQuestion, tell: (done: RecordProgress) => void): Promise<RecordAnswer> {
  const {settings, spoolDirectory, jobs} = question
  const recorder = new FeedRecorder(question.recorder)
  const openFile: typeof openSession = async (path, options) =>
    recordingSession(await openSession(path, options), feeds => recorder.record(graphName(path), feeds))
  const recognizer = await openRecognizer(settings.folder, settings.session, {slots: settings.slots, openFile})
  const {audioThreads: threads, audioStallSeconds: stallSeconds} = settings
  const audio = new AudioThreads({threads, stallSeconds})
  const errors = new Map<number, ErrorRecord>()
  const send = (message: FromWorker) => {
    if (message.type === 'event' && message.event.type === 'failed') errors.set(message.job, message.event.error)
  }
  const runner = new JobRunner({recognizer, audio, settings, spoolDirectory, send})
  for (const [job, {input}] of jobs.entries()) {
    recorder.beginRecording()
    await runner.run(job, input)
    tell(job + 1)
  }
  const failures = [...errors].map(([job, error]) => ({name: jobs[job]?.name ?? '', error}))
  return {graphs: await recorder.finish(), failures}
}
