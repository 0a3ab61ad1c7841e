import type {WhisperConfig} from '../../../export/whisper/config.js'
import type {WhisperTokenizer} from '../../../text/whisper-tokenizer.js'
import {labelDeficits, nextLogits, recordingMemory} from '../../architectures/whisper-models.js'
import {type Feed, floatsOf, type OrtGraph, type OrtGraphOptions, openOrtGraph} from '../../engine/ort-graph.js'
import type {Values} from '../../engine/training-engine.js'
import {decodeGreedily} from './decode-greedily.js'
import {countedLabels, type TokenRow, tokenInputs, type WhisperLabels} from './whisper-labels.js'
import {SKIPPED_LABEL} from './whisper-loss.js'

type Feeds = Readonly<Record<string, Feed>>

/** What the encoder has made of some rows. */
export interface EncodedRows {
  /** [rows, places, width]. */
  readonly states: Values<Float32Array>
  /** Far below 0 after a row's end, [rows, 1, 1, places]. */
  readonly mask: Values
}

export interface Answers {
  readonly texts: readonly string[]
  readonly rightTokens: number
  readonly tokens: number
}

export interface WhisperDecoder {
  /** What the model says of rows by itself, and which of the labels it would say after the right ones. */
  answer(heard: EncodedRows, expected: readonly TokenRow[], weights: Feeds): Promise<Answers>
  close(): Promise<void>
}

export interface DecoderOptions {
  readonly config: WhisperConfig
  readonly tokenizer: WhisperTokenizer
  readonly labels: WhisperLabels
  readonly maximumTokens: number
}

/** Decodes as `lingulu transcribe` does at temperature 0 without timestamps: signs that nobody says are not chosen. */
export async function openWhisperDecoder(options: DecoderOptions, graph: OrtGraphOptions): Promise<WhisperDecoder> {
  const {config, tokenizer, labels, maximumTokens} = options
  const memory = await openOrtGraph(recordingMemory(config), graph)
  const deficits = await openOrtGraph(tape => new Map([['deficits', labelDeficits(config)(tape)]]), graph)
  const step = await openOrtGraph(nextLogits(config), graph)
  const {eot: end} = tokenizer
  const special = Array.from({length: config.vocab_size - end}, (_, index) => end + index).filter(id => id !== end)
  const greedy = {
    ...{config, prompt: labels.prompt, end, maximumTokens},
    blocked: [...tokenizer.nonSpeechTokens, ...special],
    blockedFirst: [...tokenizer.encode(' '), end],
  }
  return {
    async answer({states, mask}, expected, weights) {
      const recordings = await memory.run({...weights, encoder_states: states})
      const given = {...weights, ...recordings, context_mask: mask}
      const counted = await countRight(deficits, given, expected, end)
      const rows = expected.length
      const tokens = await decodeGreedily(step, given, {...greedy, rows})
      return {...counted, texts: tokens.map(ids => tokenizer.decode(ids).trim())}
    },
    async close() {
      await Promise.all([memory, deficits, step].map(one => one.close()))
    },
  }
}

async function countRight(deficits: OrtGraph, given: Feeds, expected: readonly TokenRow[], filler: number) {
  const outputs = await deficits.run({...given, ...tokenInputs(expected, filler)})
  const {values} = floatsOf(outputs.deficits)
  let [rightTokens, tokens] = [0, 0]
  for (const [index, label] of countedLabels(expected).entries()) {
    if (label === SKIPPED_LABEL) continue
    tokens++
    if (values[index] === 0) rightTokens++
  }
  return {rightTokens, tokens}
}
