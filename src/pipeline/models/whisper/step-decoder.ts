import {logSumExp} from '../../decoding/log-sum-exp.js'
import type {Continuation, Search} from '../../decoding/search.js'
import {startSearch} from '../../decoding/search-plan.js'
import {type Cache, joinCaches, selectCacheRows} from './cache.js'
import {dropAborted, type Job, Pump, type Settle, together} from './jobs.js'
import type {EncodedWindow, Network} from './network.js'
import type {DecodedWindow, DecodeRequest, WindowAttention, WindowContext, WindowDecoder} from './window-decoder.js'
import {WindowPasses} from './window-passes.js'

type DecodeJob = Job<DecodeRequest, DecodedWindow>

/** A window whose search has begun. */
interface BegunWindow {
  readonly job: DecodeJob
  readonly search: Search
  readonly noSpeechProbability: number
}

/** A window in the middle of its search. */
interface ActiveWindow extends BegunWindow {
  readonly next: readonly Continuation[]
}

/** A window with the logits of its rows, for the search to choose from. */
interface SteppedWindow extends BegunWindow {
  readonly rows: readonly Float32Array[]
}

/** Windows whose rows have the same length, so that one run advances them all. */
interface Lane {
  readonly cache: Cache
  readonly windows: readonly ActiveWindow[]
}

/**
 * Decodes windows token by token: the graph gives logits, the search chooses. Each window gets exactly what it would get
 * alone.
 *
 * A graph without attention mask or position input takes only rows of equal length. So rows are kept in lanes by
 * length, the shortest lane is always the one advanced, and when it catches up with the next the two become one.
 */
export class StepDecoder implements WindowDecoder {
  readonly #network: Network
  readonly #batchSize: number
  /** Windows that begin together stay in one lane; one that begins alone must first catch up with the others alone. */
  readonly #enough: number
  readonly #pump = new Pump(() => this.#work())
  readonly #passes: WindowPasses
  readonly #decodes: DecodeJob[] = []
  #lanes: readonly Lane[] = []

  /**
   * @param batchSize windows whose searches advance together
   * @param passSize windows that go through the encoder, or through a pass over their whole text, at once
   */
  constructor(network: Network, batchSize: number, passSize = batchSize) {
    this.#network = network
    this.#batchSize = batchSize
    this.#passes = new WindowPasses(network, passSize, () => this.#pump.wake())
    this.#enough = Math.ceil(batchSize / 2)
  }

  get givesAttention(): boolean {
    return this.#network.givesAttention
  }

  encode(features: Float32Array, context: WindowContext): Promise<EncodedWindow> {
    return this.#passes.encode(features, context)
  }

  decode(input: DecodeRequest, context: WindowContext): Promise<DecodedWindow> {
    return new Promise((resolve, reject) => {
      this.#decodes.push({input, context, resolve, reject})
      this.#pump.wake()
    })
  }

  predict(window: EncodedWindow, prompt: readonly number[], context: WindowContext): Promise<Float32Array> {
    return this.#passes.predict(window, prompt, context)
  }

  attend(window: EncodedWindow, tokens: readonly number[], context: WindowContext): Promise<WindowAttention> {
    return this.#passes.attend(window, tokens, context)
  }

  close(): Promise<void> {
    return this.#network.close()
  }

  /** One batch of what waits to begin, or one step; false where there is neither. */
  async #work(): Promise<boolean> {
    const waiting = this.#passes.prune() + dropAborted(this.#decodes)
    const active = this.#lanes.length > 0
    if (!(active && waiting < this.#enough) && ((await this.#passes.runOne()) || (await this.#beginWaiting())))
      return true
    if (active) await this.#advanceShortestLane()
    return active
  }

  /** False where no window waits, or there is no room for one. */
  async #beginWaiting(): Promise<boolean> {
    const jobs = this.#takeEqualPrompts()
    if (jobs.length > 0) await together(jobs, 'decoderSeconds', () => this.#begin(jobs))
    return jobs.length > 0
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
    const {logits, cache} = await this.#network.prefill(
      jobs.map(({input}) => input.window),
      jobs.map(({input}) => input.prompt),
      jobs.map(({input}) => [input.sotIndex, input.prompt.length - 1]),
    )
    const begun = jobs.map((job, row): SteppedWindow => {
      const {sotIndex, noSpeech, plan, rules, prompt} = job.input
      // Read before the search filters the logits: in English-only models both look at the same position.
      const noSpeechProbability = noSpeech === undefined ? Number.NaN : probability(logits(row, sotIndex), noSpeech)
      const search = startSearch(plan, rules, prompt)
      return {job, search, noSpeechProbability, rows: [logits(row, cache.length - 1)]}
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
      const stepped = windows.map(({next, ...window}) => {
        const rows = logits.slice(row, row + next.length)
        row += next.length
        return {...window, rows}
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
    for (const {rows, ...window} of stepped) {
      const {job, search, noSpeechProbability} = window
      const {signal} = job.context
      const next = signal?.aborted ? undefined : search.advance(rows)
      if (signal?.aborted) ended.push(() => job.reject(signal.reason))
      else if (next === undefined) ended.push(() => job.resolve({best: search.best(), noSpeechProbability}))
      else {
        windows.push({...window, next})
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

function probability(logits: Float32Array, token: number): number {
  return Math.exp((logits[token] as number) - logSumExp(logits))
}
