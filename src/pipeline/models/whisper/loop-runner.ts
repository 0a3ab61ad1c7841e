import {Tensor} from 'onnxruntime-node'
import {rowsOf, sampledLimit} from '../../decoding/search-plan.js'
import {type LoopReport, type SearchTrace, traceSearch} from '../../decoding/search-trace.js'
import {type UniformStream, uniformStream} from '../../decoding/uniform-stream.js'
import {floatsOf} from '../../runtime/tensor.js'
import {flag, integer, integers, planFeeds, ruleFeeds} from './fused-feeds.js'
import {type FusedGraph, feedsOf, type Tensors} from './fused-graph.js'
import {idTensor, outputOf} from './graph-tensors.js'
import type {LoopState} from './loop-state.js'
import type {DecodeRequest} from './window-decoder.js'
import {WindowStack} from './window-stack.js'

/** The search for one window. */
export interface LoopSearch {
  readonly request: DecodeRequest
  /** Tokens that it may sample. */
  readonly limit: number
  readonly trace: SearchTrace
  /** What each of its rows draws. */
  readonly uniforms: readonly UniformStream[]
}

/** How long a run may be. */
export interface RunLimits {
  readonly maxSteps: number
  /** Windows that must be finished for the run to end before that. */
  readonly exitAt: number
}

export interface LoopRun {
  readonly report: LoopReport
  readonly state: LoopState
}

export function startLoopSearch(request: DecodeRequest): LoopSearch {
  const {plan, prompt, rules} = request
  const limit = sampledLimit(plan, prompt.length)
  const draws = plan.kind === 'sampling' && plan.temperature > 0
  const uniforms = draws ? Array.from({length: plan.bestOf}, (_, row) => uniformStream(plan.seed, row)) : []
  return {request, limit, trace: traceSearch(plan, rules.eot, limit), uniforms}
}

/** Requests with the same key go through the loop together: its rules and its search hold for all of its rows. */
export function groupKey({plan, rules, noSpeech}: DecodeRequest): string {
  const search = plan.kind === 'beam' ? [plan.beamSize, plan.patience] : [plan.bestOf, plan.temperature]
  return JSON.stringify([plan.kind, search, rules, noSpeech])
}

/** What a row's counters are called as inputs; as outputs they end in `_out`. */
const COUNTERS = ['sums', 'finished', 'remaining', 'sampled', 'ended_counts'] as const

/** Runs the decoder's loop over windows of one group. */
export class LoopRunner {
  readonly #graph: FusedGraph
  readonly #group: number
  readonly #common: Tensors
  readonly #reported: readonly string[]
  readonly #stack: WindowStack

  /**
   * @param like a request with the group's key
   * @param places windows there may be at once
   */
  constructor(graph: FusedGraph, {plan, rules, noSpeech}: DecodeRequest, places: number) {
    this.#graph = graph
    this.#group = rowsOf(plan)
    this.#stack = new WindowStack(places)
    this.#reported = ['chosen', 'sources', 'scores', ...(plan.kind === 'beam' ? ['ended'] : [])]
    this.#common = {
      ...ruleFeeds(rules, noSpeech, graph.config.vocabularySize),
      ...planFeeds(plan),
      want_logits: flag(false),
      want_alignment: flag(false),
    }
  }

  /** Begins searches: a pass over the prompts, and as many steps as allowed. `noSpeech` is a probability a window. */
  async begin(
    searches: readonly LoopSearch[],
    limits: RunLimits,
  ): Promise<LoopRun & {readonly noSpeech: Float32Array}> {
    const prompts = searches.map(({request}) => request.prompt)
    const longest = Math.max(...prompts.map(({length}) => length))
    const starts = prompts.map(({length}) => longest - length)
    const zeros = prompts.map(() => 0)
    const floats = new Float32Array(prompts.length)
    const positions = searches.flatMap(({request}, row) => [(starts[row] as number) + request.sotIndex, longest - 1])
    const outputs = await this.#run(searches, limits, ['no_speech'], {
      ...this.#graph.emptyCache(prompts.length),
      tokens: idTensor(prompts.map((prompt, row) => [...new Array(starts[row]).fill(prompt[0] ?? 0), ...prompt])),
      row_starts: integers(starts),
      positions: integers(positions, [prompts.length, 2]),
      sums: new Tensor('float32', floats, [floats.length]),
      finished: new Tensor('bool', new Uint8Array(floats.length), [floats.length]),
      remaining: integers(searches.map(({limit}) => limit)),
      sampled: integers(zeros),
      ended_counts: integers(zeros),
    })
    return {...this.#result(outputs, starts), noSpeech: floatsOf(outputOf(outputs, 'no_speech'))}
  }

  /** Goes on with searches that have begun. `searches`: those of the state's windows, in its order. */
  async continue(state: LoopState, searches: readonly LoopSearch[], limits: RunLimits): Promise<LoopRun> {
    const {starts, cache, tokens, counters} = state
    const rowStarts = starts.flatMap(start => new Array<number>(this.#group).fill(start))
    const outputs = await this.#run(searches, limits, [], {
      ...Object.fromEntries([...cache].map(([name, tensor]) => [`past_${name}`, tensor])),
      ...feedsOf(counters),
      tokens,
      row_starts: integers(rowStarts),
      positions: integers(
        rowStarts.map(() => 0),
        [rowStarts.length, 1],
      ),
    })
    return this.#result(outputs, starts)
  }

  #run(
    searches: readonly LoopSearch[],
    {maxSteps, exitAt}: RunLimits,
    wanted: readonly string[],
    feeds: Tensors,
  ): Promise<Tensors> {
    const present = this.#graph.cacheNames.map(name => `present_${name}`)
    const state = [...present, 'tokens_out', ...COUNTERS.map(name => `${name}_out`)]
    return this.#graph.run(
      {
        ...this.#common,
        ...feeds,
        ...feedsOf(this.#stack.stack(searches.map(({request}) => request.window))),
        uniforms: this.#uniforms(searches, maxSteps),
        max_steps: integer(maxSteps),
        exit_at: integer(exitAt),
      },
      [...this.#reported, ...wanted, ...state],
    )
  }

  /** [rows, steps]: what each row draws at each of the steps to come. */
  #uniforms(searches: readonly LoopSearch[], steps: number): Tensor {
    const drawn = new Float32Array(searches.length * this.#group * steps)
    for (const [window, {uniforms, trace}] of searches.entries())
      for (const [row, uniform] of uniforms.entries())
        for (let step = 0; step < steps; step++)
          drawn[(window * this.#group + row) * steps + step] = uniform(trace.steps + step)
    return new Tensor('float32', drawn, [searches.length * this.#group, steps])
  }

  #result(outputs: Tensors, starts: readonly number[]): LoopRun {
    const chosen = outputOf(outputs, 'chosen')
    const [steps = 0, rows = 0] = chosen.dims
    const cache = new Map(this.#graph.cacheNames.map(name => [name, outputOf(outputs, `present_${name}`)]))
    const tokens = outputOf(outputs, 'tokens_out')
    return {
      report: {
        steps,
        rows,
        chosen: integersOf(chosen),
        sources: integersOf(outputOf(outputs, 'sources')),
        scores: floatsOf(outputOf(outputs, 'scores')),
        ended: outputs.ended === undefined ? NEVER : floatsOf(outputs.ended),
      },
      state: {
        group: this.#group,
        columns: (tokens.dims[1] ?? 0) - 1,
        starts,
        cache,
        tokens,
        counters: new Map(COUNTERS.map(name => [name, outputOf(outputs, `${name}_out`)])),
      },
    }
  }
}

/** Of a search without beams. */
const NEVER = new Float32Array(0)

function integersOf({data}: Tensor): BigInt64Array {
  if (data instanceof BigInt64Array) return data
  throw new TypeError('Expected 64-bit integers.')
}
