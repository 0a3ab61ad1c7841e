import type {WhisperConfig} from '../../../export/whisper/config.js'
import {type Feed, floatsOf, type OrtGraph} from '../../engine/ort-graph.js'

export interface GreedyOptions {
  readonly config: WhisperConfig
  readonly rows: number
  /** Tokens before the text. */
  readonly prompt: readonly number[]
  readonly end: number
  /** Tokens that are never chosen. */
  readonly blocked: readonly number[]
  /** Tokens that are not chosen as the first. */
  readonly blockedFirst: readonly number[]
  readonly maximumTokens: number
}

type Feeds = Readonly<Record<string, Feed>>

/**
 * The likeliest token, one after the other, for all rows at once.
 *
 * @param step of `nextLogits`
 * @param given weights, the memory of the recordings, and `context_mask`
 * @returns tokens of each row, without prompt and end
 */
export async function decodeGreedily(step: OrtGraph, given: Feeds, options: GreedyOptions): Promise<number[][]> {
  const {config, rows, prompt, end, blocked, blockedFirst} = options
  const texts = Array.from({length: rows}, (): number[] => [])
  const finished = new Set<number>()
  const steps = Math.min(prompt.length - 1 + options.maximumTokens, config.max_target_positions)
  let memory = emptyMemory(config, rows)
  let tokens = new Int32Array(rows).fill(prompt[0] ?? end)
  for (let place = 0; place < steps && finished.size < rows; place++) {
    const outputs = await step.run({...given, ...memory, ...stepInputs(tokens, place)})
    memory = Object.fromEntries(
      Object.entries(outputs).map(([name, value]) => [name.replace('tokens.', 'past.'), value]),
    )
    const known = prompt[place + 1]
    if (known !== undefined) {
      tokens = new Int32Array(rows).fill(known)
      continue
    }
    const {values, shape} = floatsOf(outputs.logits)
    const vocabulary = shape.at(-1) ?? 0
    const forbidden = place === prompt.length - 1 ? [...blocked, ...blockedFirst] : blocked
    for (let row = 0; row < rows; row++) {
      const chosen = likeliest(values.subarray(row * vocabulary, (row + 1) * vocabulary), forbidden)
      tokens[row] = chosen
      if (chosen === end) finished.add(row)
      if (!finished.has(row)) texts[row]?.push(chosen)
    }
  }
  return texts
}

function emptyMemory(config: WhisperConfig, rows: number): Record<string, Feed> {
  const {decoder_layers: layers, decoder_attention_heads: heads, d_model: width} = config
  const nothing = {values: new Float32Array(0), shape: [rows, heads, 0, width / heads]}
  const names = Array.from({length: layers}, (_, layer) => [`past.${layer}.key`, `past.${layer}.value`]).flat()
  return Object.fromEntries(names.map(name => [name, nothing]))
}

function stepInputs(tokens: Int32Array, place: number): Feeds {
  const newest = new Float32Array(place + 1)
  newest[place] = 1
  return {
    tokens: {values: tokens, shape: [tokens.length, 1]},
    token_positions: {values: Int32Array.of(place), shape: [1]},
    newest: {values: newest, shape: [place + 1, 1]},
  }
}

/** Changes the scores: what is forbidden gets none. */
function likeliest(scores: Float32Array, forbidden: readonly number[]): number {
  for (const token of forbidden) scores[token] = Number.NEGATIVE_INFINITY
  let best = 0
  for (let token = 1; token < scores.length; token++)
    if ((scores[token] as number) > (scores[best] as number)) best = token
  return best
}
