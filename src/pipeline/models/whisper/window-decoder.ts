import {setImmediate as nextTurn} from 'node:timers/promises'
import type {Tensor} from 'onnxruntime-node'
import {logSumExp} from '../../decoding/log-sum-exp.js'
import type {Continuation, Search} from '../../decoding/search.js'
import {type AttentionResult, type Cache, joinCaches, type Network, selectCacheRows, WINDOW_FRAMES} from './network.js'
import {concatenateRows} from './rows.js'

/** Where a recording's share of the wall-clock time is added up, in seconds. */
export interface WindowTimings {
  encoderSeconds: number
  decoderSeconds: number
  alignmentSeconds: number
}

/** For whom a window is decoded. */
export interface WindowContext {
  readonly timings: WindowTimings
  readonly signal?: AbortSignal | undefined
}

/** The encoder's states of one window, [1, 1500, width]. */
export type EncodedWindow = Tensor

export interface DecodeRequest {
  readonly window: EncodedWindow
  /** Everything the decoder is given before it writes. */
  readonly prompt: readonly number[]
  /** Position of the start-of-transcript token in `prompt`, and the token whose probability there means no speech. */
  readonly sotIndex: number
  readonly noSpeech: number | undefined
  readonly search: Search
}

export type WindowAttention = Readonly<{
  logits: (position: number) => Float32Array
  attention: (layer: number) => ReturnType<AttentionResult['attention']>
}>

interface Job<Input, Output> {
  readonly input: Input
  readonly context: WindowContext
  readonly resolve: (output: Output) => void
  readonly reject: (error: unknown) => void
}

type EncodeJob = Job<Float32Array, EncodedWindow>
type DecodeJob = Job<DecodeRequest, number>
type AttendJob = Job<{readonly window: EncodedWindow; readonly tokens: readonly number[]}, WindowAttention>
type PredictJob = Job<{readonly window: EncodedWindow; readonly prompt: readonly number[]}, Float32Array>

/** A window in the middle of its search. */
interface ActiveWindow {
  readonly job: DecodeJob
  readonly noSpeechProbability: number
  readonly next: readonly Continuation[]
}

/** A window with the logits of its rows, for the search to choose from. */
interface SteppedWindow {
  readonly job: DecodeJob
  readonly noSpeechProbability: number
  readonly rows: readonly Float32Array[]
}

/** Windows whose rows have the same length, so that one run advances them all. */
interface Lane {
  readonly cache: Cache
  readonly windows: readonly ActiveWindow[]
}

/** Tells jobs how they ended. Called when the time they took has been counted. */
type Settle = () => void

/**
 * Decodes the windows of all recordings under way together; each gets exactly what it would get alone.
 *
 * A graph without attention mask or position input takes only rows of equal length. So rows are kept in lanes by
 * length, the shortest lane is always the one advanced, and when it catches up with the next the two become one.
 */
export class WindowDecoder {
  readonly #network: Network
  readonly #batchSize: number
  readonly #passSize: number
  /** Windows that begin together stay in one lane; one that begins alone must first catch up with the others alone. */
  readonly #enough: number
  readonly #encodes: EncodeJob[] = []
  readonly #decodes: DecodeJob[] = []
  readonly #attends: AttendJob[] = []
  readonly #predicts: PredictJob[] = []
  #lanes: readonly Lane[] = []
  #running = false

  /**
   * @param batchSize windows whose searches advance together
   * @param passSize windows that go through the encoder, or through a pass over their whole text, at once
   */
  constructor(network: Network, batchSize: number, passSize = batchSize) {
    this.#network = network
    this.#batchSize = batchSize
    this.#passSize = passSize
    this.#enough = Math.ceil(batchSize / 2)
  }

  get givesAttention(): boolean {
    return this.#network.givesAttention
  }

  /** `features`: mel-major, [mels × 3000]. */
  encode(features: Float32Array, context: WindowContext): Promise<EncodedWindow> {
    return this.#submit(this.#encodes, features, context)
  }

  /** Runs the search to its end; gives the probability of no speech (NaN where the model has no such token). */
  decode(request: DecodeRequest, context: WindowContext): Promise<number> {
    return this.#submit(this.#decodes, request, context)
  }

  /** Logits after the prompt's last token. */
  predict(window: EncodedWindow, prompt: readonly number[], context: WindowContext): Promise<Float32Array> {
    return this.#submit(this.#predicts, {window, prompt}, context)
  }

  attend(window: EncodedWindow, tokens: readonly number[], context: WindowContext): Promise<WindowAttention> {
    return this.#submit(this.#attends, {window, tokens}, context)
  }

  close(): Promise<void> {
    return this.#network.close()
  }

  #submit<Input, Output>(queue: Job<Input, Output>[], input: Input, context: WindowContext): Promise<Output> {
    return new Promise((resolve, reject) => {
      queue.push({input, context, resolve, reject})
      if (!this.#running) void this.#pump()
    })
  }

  /** Never rejects: a batch that fails rejects its jobs. */
  async #pump(): Promise<void> {
    this.#running = true
    while (this.#running) {
      // Lets the recordings whose window was just finished ask for their next one.
      await nextTurn()
      const waiting = [this.#encodes, this.#attends, this.#predicts, this.#decodes].reduce(
        (sum, queue) => sum + dropAborted<unknown, never>(queue),
        0,
      )
      if (this.#lanes.length > 0 && waiting < this.#enough) await this.#advanceShortestLane()
      else if (!(await this.#takeWaiting())) {
        if (this.#lanes.length > 0) await this.#advanceShortestLane()
        else this.#running = false
      }
    }
  }

  /** Runs one batch of what waits to begin; false where there is none, or no room for it. */
  async #takeWaiting(): Promise<boolean> {
    if (this.#encodes.length > 0) await this.#runBatch(this.#encodes, 'encoderSeconds', jobs => this.#encodeAll(jobs))
    else if (this.#attends.length > 0)
      await this.#runBatch(this.#attends, 'alignmentSeconds', jobs => this.#attendAll(jobs))
    else if (this.#predicts.length > 0)
      await this.#runBatch(this.#predicts, 'decoderSeconds', jobs => this.#predictAll(jobs))
    else {
      const jobs = this.#takeEqualPrompts()
      if (jobs.length === 0) return false
      await together(jobs, 'decoderSeconds', () => this.#begin(jobs))
    }
    return true
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
    const length = jobs[0]?.input.length ?? 0
    const features = new Float32Array(jobs.length * length)
    for (const [index, {input}] of jobs.entries()) features.set(input, index * length)
    const states = await this.#network.encode(features, jobs.length)
    return () => {
      for (const [row, {resolve}] of jobs.entries()) resolve(concatenateRows([{tensor: states, row, count: 1}]))
    }
  }

  async #attendAll(jobs: readonly AttendJob[]): Promise<Settle> {
    const windows = stack(jobs.map(({input}) => input.window))
    const result = await this.#network.attend(
      windows,
      jobs.map(({input}) => input.tokens),
    )
    return () => {
      for (const [row, {resolve}] of jobs.entries())
        resolve({
          logits: position => result.logits(row, position),
          attention: layer => result.attention(row, layer),
        })
    }
  }

  async #predictAll(jobs: readonly PredictJob[]): Promise<Settle> {
    const predicted: Float32Array[] = []
    for (const {input} of jobs) {
      const {logits} = await this.#network.prefill(input.window, [input.prompt])
      predicted.push(logits(0, input.prompt.length - 1))
    }
    return () => {
      for (const [index, {resolve}] of jobs.entries()) resolve(predicted[index] as Float32Array)
    }
  }

  /** The oldest request and others with a prompt of the same length, as many as there is room for. */
  #takeEqualPrompts(): DecodeJob[] {
    const active = this.#lanes.reduce((sum, {windows}) => sum + windows.length, 0)
    const length = this.#decodes[0]?.input.prompt.length
    const taken = this.#decodes
      .filter(({input}) => input.prompt.length === length)
      .slice(0, Math.max(0, this.#batchSize - active))
    for (const job of taken) this.#decodes.splice(this.#decodes.indexOf(job), 1)
    return taken
  }

  async #begin(jobs: readonly DecodeJob[]): Promise<Settle> {
    const prompts = jobs.map(({input}) => input.prompt)
    const {logits, cache} = await this.#network.prefill(stack(jobs.map(({input}) => input.window)), prompts)
    const begun = jobs.map((job, row): SteppedWindow => {
      const {sotIndex, noSpeech} = job.input
      // Read before the search filters the logits: in English-only models both look at the same position.
      const noSpeechProbability = noSpeech === undefined ? Number.NaN : probability(logits(row, sotIndex), noSpeech)
      return {job, noSpeechProbability, rows: [logits(row, cache.length - 1)]}
    })
    return this.#keep(cache, begun)
  }

  async #advanceShortestLane(): Promise<void> {
    const length = Math.min(...this.#lanes.map(({cache}) => cache.length))
    const due = this.#lanes.filter(({cache}) => cache.length === length)
    this.#lanes = this.#lanes.filter(({cache}) => cache.length > length)
    const windows = due.flatMap(lane => lane.windows)
    const jobs = windows.map(({job}) => job)
    await together(jobs, 'decoderSeconds', async () => {
      const tokens = windows.flatMap(({next}) => next.map(({token}) => token))
      const {logits, cache} = await this.#network.step(joinCaches(due.map(lane => lane.cache)), tokens)
      let row = 0
      const stepped = windows.map(({job, noSpeechProbability, next}) => {
        const rows = logits.slice(row, row + next.length)
        row += next.length
        return {job, noSpeechProbability, rows}
      })
      return this.#keep(cache, stepped)
    })
  }

  /** Lets every search choose its next tokens; finished windows leave, the others' rows become a lane. */
  #keep(cache: Cache, stepped: readonly SteppedWindow[]): Settle {
    const windows: ActiveWindow[] = []
    const ended: Settle[] = []
    const order: number[] = []
    const crossOrder: number[] = []
    let first = 0
    for (const {job, noSpeechProbability, rows} of stepped) {
      const {signal} = job.context
      const next = signal?.aborted ? undefined : job.input.search.advance(rows)
      if (signal?.aborted) ended.push(() => job.reject(signal.reason))
      else if (next === undefined) ended.push(() => job.resolve(noSpeechProbability))
      else {
        windows.push({job, noSpeechProbability, next})
        for (const [index, {source}] of next.entries()) {
          order.push(first + source)
          crossOrder.push(next.length === rows.length ? first + index : first + source)
        }
      }
      first += rows.length
    }
    if (windows.length > 0) this.#lanes = [...this.#lanes, {cache: selectCacheRows(cache, order, crossOrder), windows}]
    return () => {
      for (const settle of ended) settle()
    }
  }
}

/** Runs one batch, shares its time among its jobs, and fails them all where it fails. */
async function together(
  jobs: readonly Pick<Job<unknown, never>, 'context' | 'reject'>[],
  stage: keyof WindowTimings,
  run: () => Promise<Settle>,
): Promise<void> {
  const started = performance.now()
  const settle = await run().catch(error => () => {
    for (const {reject} of jobs) reject(error)
  })
  const share = (performance.now() - started) / 1000 / jobs.length
  for (const {context} of jobs) context.timings[stage] += share
  settle()
}

/** Rejects what nobody waits for any more; gives the number of jobs left. */
function dropAborted<Input, Output>(queue: Job<Input, Output>[]): number {
  for (const job of queue.filter(({context}) => context.signal?.aborted)) {
    queue.splice(queue.indexOf(job), 1)
    job.reject(job.context.signal?.reason)
  }
  return queue.length
}

function stack(windows: readonly EncodedWindow[]): Tensor {
  const [only] = windows
  if (only !== undefined && windows.length === 1) return only
  return concatenateRows(windows.map(tensor => ({tensor, row: 0, count: 1})))
}

function probability(logits: Float32Array, token: number): number {
  return Math.exp((logits[token] as number) - logSumExp(logits))
}

/** Mel-major [mels × 3000] from frame-major [frames × mels], zeros where frames are missing. */
export function toMelMajor(frames: Float32Array, mels: number): Float32Array {
  const window = new Float32Array(mels * WINDOW_FRAMES)
  const count = frames.length / mels
  for (let frame = 0; frame < count; frame++)
    for (let mel = 0; mel < mels; mel++) window[mel * WINDOW_FRAMES + frame] = frames[frame * mels + mel] as number
  return window
}
