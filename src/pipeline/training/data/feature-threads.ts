import type {Worker} from 'node:worker_threads'
import {fromErrorRecord} from '../../errors.js'
import {siblingEntry, startThread} from '../../runtime/start-entry.js'
import type {Values} from '../engine/training-engine.js'
import type {FeatureSettings} from '../tasks/training-task.js'
import type {
  DecodedPart,
  FeatureRow,
  FeatureThreadData,
  FromFeatureThread,
  RecordingParts,
  ToFeatureThread,
} from './feature-protocol.js'

export interface ComputedFeatures {
  readonly features: Values<Float32Array>
  readonly lengths: readonly number[]
}

interface Waiting {
  readonly resolve: (answer: FromFeatureThread) => void
  readonly reject: (error: unknown) => void
}

interface Thread {
  readonly worker: Worker
  readonly waiting: Map<number, Waiting>
}

/** Threads that decode, augment and compute features, each job in the one with the least to do. One starts when it has a job. */
export class FeatureThreads {
  readonly count: number
  readonly #data: FeatureThreadData
  readonly #threads: Thread[] = []
  #jobs = 0

  constructor(count: number, data: FeatureThreadData) {
    this.count = count
    this.#data = data
  }

  /** @throws LinguluError where the recording cannot be decoded */
  async decode({audio, channel, clips}: RecordingParts): Promise<readonly DecodedPart[]> {
    const answer = await this.#ask({type: 'decode', audio, channel, clips})
    if (answer.type !== 'decoded') throw new Error('A decoded recording was asked for.')
    return answer.parts
  }

  /** @param options.augment whether chance changes the rows */
  async features(
    rows: readonly FeatureRow[],
    options: {readonly settings: FeatureSettings; readonly augment: boolean},
  ): Promise<ComputedFeatures> {
    const answer = await this.#ask({type: 'features', rows, ...options})
    if (answer.type !== 'features') throw new Error('Features were asked for.')
    return {features: {values: answer.features, shape: answer.shape}, lengths: answer.lengths}
  }

  async close(): Promise<void> {
    await Promise.all(this.#threads.map(({worker}) => worker.terminate()))
  }

  #leastBusy(): Thread {
    const [first, ...others] = this.#threads
    const least = others.reduce((found, one) => (one.waiting.size < (found?.waiting.size ?? 0) ? one : found), first)
    if (least !== undefined && (least.waiting.size === 0 || this.#threads.length === this.count)) return least
    const started = openThread(startThread(siblingEntry('./feature-thread', import.meta.url), this.#data))
    this.#threads.push(started)
    return started
  }

  async #ask(job: Job): Promise<FromFeatureThread> {
    const id = this.#jobs++
    const {worker, waiting} = this.#leastBusy()
    const answer = await new Promise<FromFeatureThread>((resolve, reject) => {
      waiting.set(id, {resolve, reject})
      worker.postMessage({...job, id} satisfies ToFeatureThread)
    })
    if (answer.type === 'failed') throw fromErrorRecord(answer.error)
    return answer
  }
}

type Without<Message, Key extends string> = Message extends unknown ? Omit<Message, Key> : never
type Job = Without<ToFeatureThread, 'id'>

function openThread(worker: Worker): Thread {
  const waiting = new Map<number, Waiting>()
  worker.on('message', (answer: FromFeatureThread) => {
    waiting.get(answer.id)?.resolve(answer)
    waiting.delete(answer.id)
  })
  const fail = (error: unknown) => {
    for (const {reject} of waiting.values()) reject(error)
    waiting.clear()
  }
  worker.once('error', fail)
  worker.once('exit', code => fail(new Error(`A feature thread ended with code ${code}.`)))
  return {worker, waiting}
}
