import {createTimeMap, restoreSegment, restoreTimes, type TimeMap, toRecordingSeconds} from '../audio/vad/time-map.js'
import {toErrorRecord} from '../errors.js'
import {openFrameStore} from '../features/frame-store.js'
import type {Recognizer, StageTimings} from '../models/recognizer.js'
import type {Transcript} from '../transcripts/transcript.js'
import type {AudioThreads} from './audio-threads.js'
import {discardPrepared, type PreparedAudio, type PreparedChannel} from './prepared-audio.js'
import type {FromWorker, JobEvent, JobInput, WorkerSettings} from './protocol.js'
import {Semaphore} from './semaphore.js'

export interface JobRunnerOptions {
  readonly recognizer: Recognizer<unknown>
  readonly audio: AudioThreads
  readonly settings: WorkerSettings
  readonly spoolDirectory: string
  readonly send: (message: FromWorker) => void
}

/**
 * Runs jobs in a worker: prepares their audio in threads while others are being recognised, recognises as many at once
 * as there are slots, and tells what happens. How many jobs it holds is the pool's to limit.
 */
export class JobRunner {
  readonly #options: JobRunnerOptions
  readonly #slots: Semaphore
  readonly #running = new Map<number, AbortController>()

  constructor(options: JobRunnerOptions) {
    this.#options = options
    this.#slots = new Semaphore(options.settings.slots)
  }

  /** Never rejects: failures become events. */
  async run(job: number, input: JobInput): Promise<void> {
    const controller = new AbortController()
    this.#running.set(job, controller)
    const emit = (event: JobEvent) => this.#options.send({type: 'event', job, event})
    try {
      await this.#process(input, controller.signal, emit)
    } catch (error) {
      if (!controller.signal.aborted) emit({type: 'failed', error: toErrorRecord(error)})
      // Stops the other channels of a recording of which one has failed.
      controller.abort()
    } finally {
      this.#running.delete(job)
      this.#options.send({type: 'finished', job, rssBytes: process.memoryUsage.rss()})
    }
  }

  cancel(job: number): void {
    this.#running.get(job)?.abort()
  }

  async #process(input: JobInput, signal: AbortSignal, emit: (event: JobEvent) => void): Promise<void> {
    const started = performance.now()
    const prepared = await this.#prepare(input, signal)
    const {format, warnings, channels, decodeSeconds, featureSeconds} = prepared
    emit({type: 'audio', format, warnings, channels: channels.map(toChannelInfo)})
    const release = await this.#slots.acquire(signal).catch(error => {
      discardPrepared(prepared)
      throw error
    })
    try {
      emit({type: 'started'})
      const queueSeconds = (performance.now() - started) / 1000 - decodeSeconds - featureSeconds
      const results = await Promise.all(
        channels.map(channel => this.#recognize(channel, {options: input.options, signal, emit})),
      )
      const stages = results.map(({timings}) => timings).reduce(addTimings, NO_TIME)
      const timings = {...stages, decodeSeconds, featureSeconds, queueSeconds: Math.max(0, queueSeconds)}
      emit({type: 'done', transcripts: results.map(({transcript}) => transcript), timings})
    } finally {
      release()
    }
  }

  #prepare({audio, prepare}: JobInput, signal: AbortSignal): Promise<PreparedAudio> {
    const {recognizer, settings, spoolDirectory, audio: threads} = this.#options
    const {memoryLimitBytes} = settings
    const features = recognizer.info.features
    return threads.prepare({audio, options: prepare, features, spoolDirectory, memoryLimitBytes}, signal)
  }

  /** One channel, its times those of the recording again. */
  async #recognize(prepared: PreparedChannel, job: Job): Promise<ChannelResult> {
    const {channel, durationSeconds, speechSeconds, regions, features} = prepared
    const named = (transcript: Transcript) => (channel === undefined ? transcript : {...transcript, channel})
    if (speechSeconds === 0) return {transcript: named({...SILENCE, durationSeconds}), timings: NO_TIME}
    const times = regions && createTimeMap(regions)
    const store = openFrameStore(features)
    try {
      const recording = {durationSeconds: speechSeconds, features: store}
      const {signal, options} = job
      for await (const event of this.#options.recognizer.recognize(recording, options, {signal})) {
        signal.throwIfAborted()
        if (event.type !== 'done') job.emit({type: 'recognition', channel, event: restoreEvent(event, times)})
        else return {transcript: named(restore(event.transcript, times, durationSeconds)), timings: event.timings}
      }
      throw new Error('The recognizer ended without a transcript')
    } finally {
      await store.close()
    }
  }
}

interface Job {
  readonly options: unknown
  readonly signal: AbortSignal
  readonly emit: (event: JobEvent) => void
}

interface ChannelResult {
  readonly transcript: Transcript
  readonly timings: StageTimings
}

type SegmentEvent = Extract<JobEvent, {type: 'recognition'}>['event']

/** What a recording without speech says. */
const SILENCE = {text: '', segments: [], suspects: []}

function restore(transcript: Transcript, times: TimeMap | undefined, durationSeconds: number): Transcript {
  return times === undefined ? transcript : restoreTimes(transcript, times, durationSeconds)
}

function restoreEvent(event: SegmentEvent, times: TimeMap | undefined): SegmentEvent {
  if (times === undefined) return event
  if (event.type === 'segment') return {...event, segment: restoreSegment(event.segment, times)}
  if (event.type === 'progress') return {...event, seconds: toRecordingSeconds(times, event.seconds, 'end')}
  return event
}

const NO_TIME: StageTimings = {encoderSeconds: 0, decoderSeconds: 0, alignmentSeconds: 0}

function addTimings(a: StageTimings, b: StageTimings): StageTimings {
  return {
    encoderSeconds: a.encoderSeconds + b.encoderSeconds,
    decoderSeconds: a.decoderSeconds + b.decoderSeconds,
    alignmentSeconds: a.alignmentSeconds + b.alignmentSeconds,
  }
}

function toChannelInfo({channel, durationSeconds, speechSeconds}: PreparedChannel) {
  return {channel, durationSeconds, speechSeconds}
}
