import {dropAborted, type Job, type Settle, together} from './jobs.js'
import type {EncodedWindow, Network} from './network.js'
import type {WindowAttention, WindowContext, WindowTimings} from './window-decoder.js'

type EncodeJob = Job<Float32Array, EncodedWindow>
type AttendJob = Job<{readonly window: EncodedWindow; readonly tokens: readonly number[]}, WindowAttention>
type PredictJob = Job<{readonly window: EncodedWindow; readonly prompt: readonly number[]}, Float32Array>

/** What takes a window one pass: encoding it, looking at a known text, predicting one token. */
export class WindowPasses {
  readonly #network: Network
  readonly #passSize: number
  readonly #wake: () => void
  readonly #encodes: EncodeJob[] = []
  readonly #attends: AttendJob[] = []
  readonly #predicts: PredictJob[] = []

  /**
   * @param passSize windows that go through the network at once
   * @param wake called when there is something to do
   */
  constructor(network: Network, passSize: number, wake: () => void) {
    this.#network = network
    this.#passSize = passSize
    this.#wake = wake
  }

  encode(features: Float32Array, context: WindowContext): Promise<EncodedWindow> {
    return this.#submit(this.#encodes, features, context)
  }

  predict(window: EncodedWindow, prompt: readonly number[], context: WindowContext): Promise<Float32Array> {
    return this.#submit(this.#predicts, {window, prompt}, context)
  }

  attend(window: EncodedWindow, tokens: readonly number[], context: WindowContext): Promise<WindowAttention> {
    return this.#submit(this.#attends, {window, tokens}, context)
  }

  /** Rejects what nobody waits for any more; gives the number of windows left. */
  prune(): number {
    return dropAborted(this.#encodes) + dropAborted(this.#attends) + dropAborted(this.#predicts)
  }

  /** Runs one batch of what waits; false where nothing does. */
  async runOne(): Promise<boolean> {
    if (this.#encodes.length > 0) await this.#runBatch(this.#encodes, 'encoderSeconds', jobs => this.#encodeAll(jobs))
    else if (this.#attends.length > 0)
      await this.#runBatch(this.#attends, 'alignmentSeconds', jobs => this.#attendAll(jobs))
    else if (this.#predicts.length > 0)
      await this.#runBatch(this.#predicts, 'decoderSeconds', jobs => this.#predictAll(jobs))
    else return false
    return true
  }

  #submit<Input, Output>(queue: Job<Input, Output>[], input: Input, context: WindowContext): Promise<Output> {
    return new Promise((resolve, reject) => {
      queue.push({input, context, resolve, reject})
      this.#wake()
    })
  }

  #runBatch<Input, Output>(
    queue: Job<Input, Output>[],
    stage: keyof WindowTimings,
    run: (jobs: readonly Job<Input, Output>[]) => Promise<Settle>,
  ): Promise<void> {
    const jobs = queue.splice(0, this.#passSize)
    return together(jobs, stage, () => run(jobs))
  }

  async #encodeAll(jobs: readonly EncodeJob[]): Promise<Settle> {
    const windows = await this.#network.encode(joinFeatures(jobs.map(({input}) => input)), jobs.length)
    return () => {
      for (const [row, {resolve}] of jobs.entries()) resolve(windows[row] as EncodedWindow)
    }
  }

  async #attendAll(jobs: readonly AttendJob[]): Promise<Settle> {
    const result = await this.#network.attend(
      jobs.map(({input}) => input.window),
      jobs.map(({input}) => input.tokens),
    )
    return () => {
      for (const [row, {resolve}] of jobs.entries())
        resolve({logits: position => result.logits(row, position), heads: result.heads(row)})
    }
  }

  async #predictAll(jobs: readonly PredictJob[]): Promise<Settle> {
    const predicted: Float32Array[] = []
    for (const {
      input: {window, prompt},
    } of jobs) {
      const last = prompt.length - 1
      const {logits} = await this.#network.prefill([window], [prompt], [[last]])
      predicted.push(logits(0, last))
    }
    return () => {
      for (const [index, {resolve}] of jobs.entries()) resolve(predicted[index] as Float32Array)
    }
  }
}

function joinFeatures(windows: readonly Float32Array[]): Float32Array {
  const [only] = windows
  if (only !== undefined && windows.length === 1) return only
  const length = only?.length ?? 0
  const features = new Float32Array(windows.length * length)
  for (const [index, window] of windows.entries()) features.set(window, index * length)
  return features
}
