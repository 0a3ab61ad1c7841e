import {rowsOf} from '../../decoding/search-plan.js'
import type {FusedNetwork} from './fused-network.js'
import {dropAborted, type Job, Pump, type Settle, together} from './jobs.js'
import {groupKey, type LoopRun, LoopRunner, type LoopSearch, type RunLimits, startLoopSearch} from './loop-runner.js'
import {type LoopState, regroup} from './loop-state.js'
import type {EncodedWindow} from './network.js'
import {StepDecoder} from './step-decoder.js'
import type {DecodedWindow, DecodeRequest, WindowAttention, WindowContext, WindowDecoder} from './window-decoder.js'
import {WindowPasses} from './window-passes.js'
import {fillPlaces} from './window-stack.js'

type DecodeJob = Job<DecodeRequest, DecodedWindow>

/** A window in the middle of its search, and where its rows stand. */
interface ActiveWindow {
  readonly job: DecodeJob
  readonly search: LoopSearch
  readonly noSpeechProbability: number
  readonly state: LoopState
  /** Which of the state's windows it is. */
  readonly window: number
}

/** Windows that go through the loop together. */
interface Group {
  readonly runner: LoopRunner
  /** By their places in the runner's stack. */
  windows: readonly ActiveWindow[]
}

/** A run ends after about this long, so that an interruption is felt and windows that wait can come in. */
const RUN_SECONDS = 1.5
const FIRST_RUN_STEPS = 16
const FEWEST_STEPS = 4
/** The part of the windows that must be finished for the others to be interrupted. */
const FINISHED_PART = 1 / 4

/**
 * Decodes windows in a loop inside ONNX Runtime: many tokens a run, for the windows of all recordings under way. Between
 * runs, windows that are finished leave and others take their places; rows of unequal length are filled up on the left.
 * What the loop cannot do goes token by token.
 */
export class LoopDecoder implements WindowDecoder {
  readonly #network: FusedNetwork
  readonly #batchSize: number
  readonly #steps: StepDecoder
  readonly #pump = new Pump(() => this.#work())
  readonly #passes: WindowPasses
  readonly #decodes: DecodeJob[] = []
  /** By key; the first is the next in turn. */
  readonly #groups = new Map<string, Group>()
  /** Of the last run. */
  #pace = {secondsPerStep: RUN_SECONDS / FIRST_RUN_STEPS, rows: 1}

  /**
   * @param batchSize windows whose searches advance together
   * @param passSize windows that go through the encoder, or through a pass over their whole text, at once
   */
  constructor(network: FusedNetwork, batchSize: number, passSize = batchSize) {
    this.#network = network
    this.#batchSize = batchSize
    this.#steps = new StepDecoder(network, batchSize, passSize)
    this.#passes = new WindowPasses(network, passSize, () => this.#pump.wake())
  }

  get givesAttention(): boolean {
    return this.#network.givesAttention
  }

  encode(features: Float32Array, context: WindowContext): Promise<EncodedWindow> {
    return this.#passes.encode(features, context)
  }

  decode(input: DecodeRequest, context: WindowContext): Promise<DecodedWindow> {
    if (needsLogits(input)) return this.#steps.decode(input, context)
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

  /** One pass, or one run of the loop; false where there is nothing to do. */
  async #work(): Promise<boolean> {
    this.#passes.prune()
    dropAborted(this.#decodes)
    return (await this.#passes.runOne()) || (await this.#beginWaiting()) || (await this.#advance())
  }

  /** Lets those begin that wait longest and others like them; false where none waits, or there is no room. */
  async #beginWaiting(): Promise<boolean> {
    const [oldest] = this.#decodes
    const active = [...this.#groups.values()].reduce((sum, {windows}) => sum + windows.length, 0)
    if (oldest === undefined || active >= this.#batchSize) return false
    const key = groupKey(oldest.input)
    const jobs = this.#decodes.filter(({input}) => groupKey(input) === key).slice(0, this.#batchSize - active)
    for (const job of jobs) this.#decodes.splice(this.#decodes.indexOf(job), 1)
    const group = this.#groups.get(key) ?? {
      runner: new LoopRunner(this.#network.graph, oldest.input, this.#batchSize),
      windows: [],
    }
    await together(jobs, 'decoderSeconds', () => this.#begin(key, group, jobs))
    return true
  }

  async #begin(key: string, group: Group, jobs: readonly DecodeJob[]): Promise<Settle> {
    const begun = jobs.map(job => ({job, search: startLoopSearch(job.input)}))
    const searches = begun.map(({search}) => search)
    // Those that are under way wait until the new ones have read their prompts.
    const limits = group.windows.length === 0 ? this.#limits(searches) : {maxSteps: 1, exitAt: 1}
    const run = await group.runner.begin(searches, limits)
    const windows = begun.map(({job, search}, index) => {
      const noSpeech = job.input.noSpeech === undefined ? Number.NaN : (run.noSpeech[index] as number)
      return {job, search, noSpeechProbability: noSpeech, state: run.state, window: index}
    })
    const {going, settle} = follow(run, windows)
    group.windows = fillPlaces(
      group.windows,
      going.filter(window => window !== undefined),
    )
    if (group.windows.length > 0) this.#groups.set(key, group)
    return settle
  }

  /** One run for the group whose turn it is; false where there is none. */
  async #advance(): Promise<boolean> {
    const [next] = this.#groups
    if (next === undefined) return false
    const [key, group] = next
    this.#groups.delete(key)
    const jobs = group.windows.map(({job}) => job)
    await together(jobs, 'decoderSeconds', async () => {
      const searches = group.windows.map(({search}) => search)
      const state = regroup(group.windows)
      const started = performance.now()
      const run = await group.runner.continue(state, searches, this.#limits(searches))
      const secondsPerStep = (performance.now() - started) / 1000 / run.report.steps
      this.#pace = {secondsPerStep, rows: rowsOfAll(searches)}
      const windows = group.windows.map((window, index) => ({...window, state: run.state, window: index}))
      const {going, settle} = follow(run, windows)
      group.windows = fillPlaces(going, [])
      if (group.windows.length > 0) this.#groups.set(key, group)
      return settle
    })
    return true
  }

  /** No search goes past its last token: the decoder has no positions there. */
  #limits(searches: readonly LoopSearch[]): RunLimits {
    const {secondsPerStep, rows} = this.#pace
    // More rows take longer, but not in proportion: this errs towards short runs.
    const expected = secondsPerStep * Math.max(1, rowsOfAll(searches) / rows)
    const affordable = Math.max(FEWEST_STEPS, Math.floor(RUN_SECONDS / expected))
    return {
      maxSteps: Math.min(affordable, ...searches.map(({limit, trace}) => limit - trace.steps)),
      exitAt: Math.ceil(searches.length * FINISHED_PART),
    }
  }
}

const rowsOfAll = (searches: readonly LoopSearch[]): number =>
  searches.reduce((sum, {request}) => sum + rowsOf(request.plan), 0)

/** The loop draws from the whole distribution only. */
function needsLogits({plan}: DecodeRequest): boolean {
  return plan.kind === 'sampling' && plan.temperature > 0 && (plan.topK !== undefined || plan.topP !== undefined)
}

/** Takes in what a run has said; undefined where a window is finished, or nobody waits for it any more. */
function follow(
  {report, state}: LoopRun,
  windows: readonly ActiveWindow[],
): {readonly going: readonly (ActiveWindow | undefined)[]; readonly settle: Settle} {
  const ended: Settle[] = []
  const going = windows.map((window, index) => {
    const {job, search, noSpeechProbability} = window
    const {signal} = job.context
    search.trace.follow(report, index * state.group)
    if (signal?.aborted) ended.push(() => job.reject(signal.reason))
    else if (search.trace.done) ended.push(() => job.resolve({best: search.trace.best(), noSpeechProbability}))
    else return window
    return undefined
  })
  return {
    going,
    settle() {
      for (const settle of ended) settle()
    },
  }
}
