import {AudioThread} from './audio-thread-handle.js'
import type {PreparedAudio, PrepareRequest} from './prepared-audio.js'
import {Semaphore} from './semaphore.js'

export interface AudioThreadsOptions {
  readonly threads: number
  /** A thread without progress for this long is ended; its recording fails, the next gets a fresh thread. */
  readonly stallSeconds: number
}

/** Threads that prepare recordings, one recording each at a time. */
export class AudioThreads {
  readonly #places: Semaphore
  readonly #stallSeconds: number
  readonly #idle: AudioThread[] = []
  readonly #busy = new Set<AudioThread>()

  constructor({threads, stallSeconds}: AudioThreadsOptions) {
    this.#places = new Semaphore(threads)
    this.#stallSeconds = stallSeconds
    // Starts while the model loads; others start when they are needed.
    this.#idle.push(new AudioThread(stallSeconds))
  }

  /**
   * Waits for a free thread and has it prepare a recording.
   *
   * @throws LinguluError what `RecordingPreparer` throws, AUDIO_STALLED; the signal's reason when aborted.
   */
  async prepare(request: PrepareRequest, signal: AbortSignal): Promise<PreparedAudio> {
    const release = await this.#places.acquire(signal)
    const thread = this.#idle.pop() ?? new AudioThread(this.#stallSeconds)
    this.#busy.add(thread)
    try {
      return await thread.prepare(request, signal)
    } finally {
      this.#busy.delete(thread)
      if (thread.alive) this.#idle.push(thread)
      release()
    }
  }

  close(): void {
    for (const thread of [...this.#idle, ...this.#busy]) thread.end()
    this.#idle.length = 0
  }
}
