import {once} from 'node:events'
import type {Worker} from 'node:worker_threads'
import {fromErrorRecord, LinguluError} from '../errors.js'
import {type AudioThreadData, type FromAudioThread, PULSE, type ToAudioThread} from './audio-thread-protocol.js'
import {discardPrepared, type PreparedAudio, type PrepareRequest} from './prepared-audio.js'
import {siblingEntry, startThread} from './start-entry.js'

/** The worker's side of one audio thread. */
export class AudioThread {
  readonly #stallSeconds: number
  readonly #worker: Worker
  readonly #pulse: Int32Array
  readonly #ended = new AbortController()

  constructor(stallSeconds: number) {
    const entry = siblingEntry('./audio-thread', import.meta.url)
    const pulse = new SharedArrayBuffer(PULSE.cells * Int32Array.BYTES_PER_ELEMENT)
    const workerData: AudioThreadData = {parent: process.ppid, pulse}
    this.#stallSeconds = stallSeconds
    this.#pulse = new Int32Array(pulse)
    this.#worker = startThread(entry, workerData)
    this.#worker.on('error', error => this.end(error))
    this.#worker.once('exit', code => this.end(new Error(`The audio thread ended with code ${code}`)))
    this.#worker.unref()
  }

  get alive(): boolean {
    return !this.#ended.signal.aborted
  }

  /**
   * One recording at a time.
   *
   * @throws LinguluError what `RecordingPreparer` throws, AUDIO_STALLED; the signal's reason when aborted.
   */
  async prepare(request: PrepareRequest, signal: AbortSignal): Promise<PreparedAudio> {
    signal.throwIfAborted()
    const cancel = () => this.#post({type: 'cancel'})
    signal.addEventListener('abort', cancel, {once: true})
    const watchdog = this.#watch(request)
    try {
      this.#post({type: 'prepare', request})
      const answer = await this.#answer()
      if (answer.type === 'failed') throw signal.aborted ? signal.reason : fromErrorRecord(answer.error)
      if (signal.aborted) discardPrepared(answer.prepared)
      signal.throwIfAborted()
      return answer.prepared
    } finally {
      clearInterval(watchdog)
      signal.removeEventListener('abort', cancel)
    }
  }

  /** Does not wait: a thread that hangs in a system call may never end, and nobody shall be held up by it. */
  end(reason: Error = new Error('The audio threads are closed')): void {
    if (!this.alive) return
    this.#ended.abort(reason)
    void this.#worker.terminate()
  }

  #post(message: ToAudioThread): void {
    this.#worker.postMessage(message)
  }

  async #answer(): Promise<FromAudioThread> {
    try {
      const [answer] = await once(this.#worker, 'message', {signal: this.#ended.signal})
      return answer as FromAudioThread
    } catch (error) {
      throw this.alive ? error : this.#ended.signal.reason
    }
  }

  /** Ends the thread when its progress stands still. One that starts or is done waits for us, not we for it. */
  #watch({audio}: PrepareRequest): NodeJS.Timeout {
    let seen = Atomics.load(this.#pulse, PULSE.progress)
    let seenAt = performance.now()
    const check = () => {
      const progress = Atomics.load(this.#pulse, PULSE.progress)
      if (progress !== seen || Atomics.load(this.#pulse, PULSE.busy) === 0) {
        seen = progress
        seenAt = performance.now()
      } else if (performance.now() - seenAt > this.#stallSeconds * 1000) {
        const name = audio.type === 'samples' ? audio.name : audio.path
        const message = `Reading ${name} made no progress for ${this.#stallSeconds} s; it was given up.`
        this.end(new LinguluError('AUDIO_STALLED', message, {hint: 'Check the disk or the network it comes from.'}))
      }
    }
    return setInterval(check, (this.#stallSeconds * 1000) / 8)
  }
}
