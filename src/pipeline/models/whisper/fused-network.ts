import {Tensor} from 'onnxruntime-node'
import {floatsOf} from '../../runtime/tensor.js'
import {type Cache, type RowTensors, stackRows} from './cache.js'
import {flag, integer, integers, planFeeds, ruleFeeds} from './fused-feeds.js'
import {type FusedGraph, feedsOf, type Tensors} from './fused-graph.js'
import {idTensor, outputOf, padRight, positionView} from './graph-tensors.js'
import type {AttentionResult, EncodedWindow, Network, PrefillResult, StepResult} from './network.js'

interface Pass {
  readonly tokens: readonly (readonly number[])[]
  readonly cross: RowTensors
  readonly past: Tensors
  /** Which of the tokens that are new: where logits are computed. */
  readonly positions: readonly (readonly number[])[]
  readonly wantAlignment: boolean
}

/** The fused graphs, run token by token: the loop takes one step, and what it chooses is passed over. */
export class FusedNetwork implements Network {
  readonly graph: FusedGraph
  /** Inputs of filters and search without effect on what is asked for. */
  readonly #neutral: Tensors

  constructor(graph: FusedGraph) {
    this.graph = graph
    const vocabulary = graph.config.vocabularySize
    const none = {
      suppressed: [],
      suppressedFirst: [],
      repetitionPenalty: 1,
      noRepeatNgramSize: 0,
      timestamps: undefined,
    }
    // No part of the vocabulary is empty.
    const rules = {...none, eot: 1, noTimestamps: 1, timestampBegin: 2}
    const search = {maxSampledTokens: 1, contextLength: graph.config.textContext, lengthPenalty: undefined}
    this.#neutral = {
      ...ruleFeeds(rules, undefined, vocabulary),
      ...planFeeds({
        ...search,
        kind: 'sampling',
        temperature: 0,
        bestOf: 1,
        topK: undefined,
        topP: undefined,
        seed: [],
      }),
      max_steps: integer(1),
      exit_at: integer(1),
      want_logits: flag(true),
    }
  }

  get givesAttention(): boolean {
    return this.graph.givesAttention
  }

  encode(features: Float32Array, count: number): Promise<readonly EncodedWindow[]> {
    return this.graph.encode(features, count)
  }

  async prefill(
    windows: readonly EncodedWindow[],
    prompts: readonly (readonly number[])[],
    positions = prompts.map(prompt => [...prompt.keys()]),
  ): Promise<PrefillResult> {
    const cross = stackRows(windows)
    const past = this.graph.emptyCache(prompts.length)
    const outputs = await this.#run({tokens: prompts, cross, past, positions, wantAlignment: false})
    const at = positionView(outputOf(outputs, 'logits'))
    return {
      logits: (row, position) => at(row, (positions[row] ?? []).indexOf(position)),
      cache: {length: prompts[0]?.length ?? 0, rows: prompts.length, self: this.#present(outputs), cross},
    }
  }

  async step(cache: Cache, tokens: readonly number[]): Promise<StepResult> {
    // What the earlier tokens were matters to filters only.
    const earlier = new Array<number>(cache.length).fill(0)
    const outputs = await this.#run({
      tokens: tokens.map(token => [...earlier, token]),
      cross: cache.cross,
      past: Object.fromEntries([...cache.self].map(([name, tensor]) => [`past_${name}`, tensor])),
      positions: tokens.map(() => [0]),
      wantAlignment: false,
    })
    const at = positionView(outputOf(outputs, 'logits'))
    return {
      logits: tokens.map((_, row) => at(row, 0)),
      cache: {...cache, length: cache.length + 1, self: this.#present(outputs)},
    }
  }

  async attend(windows: readonly EncodedWindow[], sequences: readonly (readonly number[])[]): Promise<AttentionResult> {
    const tokens = padRight(sequences, 0)
    const past = this.graph.emptyCache(tokens.length)
    const positions = tokens.map(row => [...row.keys()])
    const outputs = await this.#run({tokens, cross: stackRows(windows), past, positions, wantAlignment: true})
    const alignment = outputOf(outputs, 'alignment')
    const weights = floatsOf(alignment)
    const [, heads = 0, length = 0, places = 0] = alignment.dims
    const size = length * places
    return {
      logits: positionView(outputOf(outputs, 'logits')),
      heads: row =>
        Array.from({length: heads}, (_, head) => ({
          weights: weights.subarray((row * heads + head) * size, (row * heads + head + 1) * size),
          positions: places,
        })),
    }
  }

  close(): Promise<void> {
    return this.graph.close()
  }

  #run({tokens, cross, past, positions, wantAlignment}: Pass): Promise<Tensors> {
    const rows = tokens.length
    const zeros = new Array<number>(rows).fill(0)
    const floats = () => new Tensor('float32', new Float32Array(rows), [rows])
    const present = this.graph.cacheNames.map(name => `present_${name}`)
    return this.graph.run(
      {
        ...this.#neutral,
        ...feedsOf(cross),
        ...past,
        tokens: idTensor(tokens),
        row_starts: integers(zeros),
        positions: integers(positions.flat(), [rows, positions[0]?.length ?? 0]),
        sampled: integers(zeros),
        sums: floats(),
        finished: new Tensor('bool', new Uint8Array(rows), [rows]),
        remaining: integers(zeros.map(() => 2)),
        uniforms: floats().reshape([rows, 1]) as Tensor,
        ended_counts: integers(zeros),
        want_alignment: flag(wantAlignment),
      },
      wantAlignment ? ['logits', 'alignment'] : ['logits', ...present],
    )
  }

  #present(outputs: Tensors): RowTensors {
    return new Map(this.graph.cacheNames.map(name => [name, outputOf(outputs, `present_${name}`)]))
  }
}
