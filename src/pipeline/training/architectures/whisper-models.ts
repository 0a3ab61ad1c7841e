import type {WhisperConfig} from '../../export/whisper/config.js'
import type {Ops} from '../engine/ops.js'
import type {BuildModel} from '../engine/training-engine.js'
import type {KeysAndValues} from '../layers/heads.js'
import {type DecoderHearing, recordingKeysAndValues, whisperDecoder, whisperEncoder, whisperLogits} from './whisper.js'
import {AS_IT_IS, type WhisperLayers, type WhisperTraining, whisperLayers} from './whisper-layers.js'

export interface TrainedWhisper extends WhisperTraining {
  readonly config: WhisperConfig
  /** What the model hears: features, or states that the frozen encoder has made of them before. */
  readonly hears: 'features' | 'states'
  /** Whether the loss smooths labels. */
  readonly smoothing: boolean
}

/**
 * A Whisper as it is trained: [batch, tokens] logarithms of the probabilities of the labels; with smoothing
 * [batch, tokens, 2], the second being the mean over the vocabulary.
 *
 * Inputs: `features` [batch, time, mels] and `encoder_positions` [time ∕ 2, width], or `encoder_states`
 * [batch, context, width] and `context_mask` [batch, 1, 1, context]; and those of {@link tokenInputs}.
 */
export function trainedWhisper(model: TrainedWhisper): BuildModel {
  return ops => {
    const layers = whisperLayers(ops, model.config, model)
    const heard = model.hears === 'features' ? hearFeatures(layers) : hearStates(layers)
    const logits = tokenLogits(layers, {
      recording: layer => recordingKeysAndValues(layers, heard.states, layer),
      recordingMask: heard.mask,
    })
    const logProbabilities = ops.logSoftmax(logits)
    const labelled = ops.pick(logProbabilities, labelInput(ops))
    if (!model.smoothing) return labelled
    const mean = ops.mean(logProbabilities, [-1], true)
    return ops.concatenate([ops.reshape(labelled, [0, 0, 1]), mean], 2)
  }
}

/** `features` and `encoder_positions` → states [batch, time ∕ 2, width]. */
export const usedEncoder =
  (config: WhisperConfig) =>
  <T>(ops: Ops<T>): T =>
    hearFeatures(whisperLayers(ops, config, AS_IT_IS)).states

/** Keys and values of a recording, by the names of the inputs of {@link nextLogits}: `encoder_states` → each layer's. */
export const recordingMemory =
  (config: WhisperConfig) =>
  <T>(ops: Ops<T>): ReadonlyMap<string, T> => {
    const layers = whisperLayers(ops, config, AS_IT_IS)
    const states = statesInput(layers)
    return new Map(
      each(config.decoder_layers, layer => {
        const {key, value} = recordingKeysAndValues(layers, states, layer)
        return [
          [`recording.${layer}.key`, key],
          [`recording.${layer}.value`, value],
        ] as const
      }),
    )
  }

/**
 * By how much other tokens score above the labels, summed, [batch, tokens]: 0 where the label is the likeliest token.
 * Inputs as of {@link nextLogits} and {@link tokenInputs}.
 */
export const labelDeficits =
  (config: WhisperConfig) =>
  <T>(ops: Ops<T>): T => {
    const layers = whisperLayers(ops, config, AS_IT_IS)
    const logits = tokenLogits(layers, recordingInputs(layers))
    const labelled = ops.reshape(ops.pick(logits, labelInput(ops)), [0, 0, 1])
    return ops.sum(ops.relu(ops.subtract(logits, labelled)), [-1])
  }

/**
 * One step of decoding with a memory of the tokens before: `logits` [batch, 1, vocabulary], and the memory with this token
 * in it, `tokens.N.key` and `tokens.N.value` [batch, heads, past + 1, size].
 *
 * Inputs: `tokens` [batch, 1], `token_positions` [1], `newest` [past + 1, 1] (0, and 1 at the end), `context_mask`, and the
 * memories: `past.N.key` … [batch, heads, past, size] and `recording.N.key` … [batch, heads, context, size].
 */
export const nextLogits =
  (config: WhisperConfig) =>
  <T>(ops: Ops<T>): ReadonlyMap<string, T> => {
    const layers = whisperLayers(ops, config, AS_IT_IS)
    const newest = ops.input('newest', ['past+1', 1])
    const memory = new Map<string, T>()
    const remember = (name: string, past: T, coming: T): T => {
      // The token's own row, broadcast, stands only where `newest` is 1.
      const extended = ops.add(ops.pad(past, 2, 0, 1), ops.multiply(coming, newest))
      memory.set(name, extended)
      return extended
    }
    const states = whisperDecoder(layers, ops.input('tokens', ['batch', 1], 'int64'), placesInput(ops, 1), {
      ...recordingInputs(layers),
      tokens(layer, coming) {
        const past = memoryInputs(layers, `past.${layer}`, 'past')
        return {
          key: remember(`tokens.${layer}.key`, past.key, coming.key),
          value: remember(`tokens.${layer}.value`, past.value, coming.value),
        }
      },
    })
    return new Map([['logits', whisperLogits(layers, states)], ...memory])
  }

/**
 * Logits [batch, tokens, vocabulary] of whole sequences. Inputs `tokens` [batch, tokens], `token_positions` [tokens] and
 * `token_mask` [tokens, tokens], far below 0 at tokens that come later.
 */
function tokenLogits<T>(layers: WhisperLayers<T>, hearing: Omit<DecoderHearing<T>, 'tokenMask'>): T {
  const {ops} = layers
  const tokens = ops.input('tokens', ['batch', 'tokens'], 'int64')
  const tokenMask = ops.input('token_mask', ['tokens', 'tokens'])
  const states = whisperDecoder(layers, tokens, placesInput(ops, 'tokens'), {...hearing, tokenMask})
  return whisperLogits(layers, states)
}

function hearFeatures<T>(layers: WhisperLayers<T>): {readonly states: T; readonly mask?: T} {
  const {ops, config} = layers
  const features = ops.input('features', ['batch', 'time', config.num_mel_bins])
  const positions = ops.input('encoder_positions', ['time*0.5', config.d_model])
  return {states: whisperEncoder(layers, features, positions)}
}

const hearStates = <T>(layers: WhisperLayers<T>) => ({states: statesInput(layers), mask: contextMask(layers.ops)})

const statesInput = <T>({ops, config}: WhisperLayers<T>): T =>
  ops.input('encoder_states', ['batch', 'context', config.d_model])

const contextMask = <T>(ops: Ops<T>): T => ops.input('context_mask', ['batch', 1, 1, 'context'])

const placesInput = <T>(ops: Ops<T>, tokens: number | string): T => ops.input('token_positions', [tokens], 'int64')

const labelInput = <T>(ops: Ops<T>): T => ops.input('labels', ['batch', 'tokens'], 'int64')

function recordingInputs<T>(layers: WhisperLayers<T>): Omit<DecoderHearing<T>, 'tokenMask'> {
  const inputs = each(layers.config.decoder_layers, layer => [memoryInputs(layers, `recording.${layer}`, 'context')])
  return {
    recording: layer => inputs[layer] as KeysAndValues<T>,
    recordingMask: contextMask(layers.ops),
  }
}

function memoryInputs<T>({ops, config}: WhisperLayers<T>, name: string, length: string): KeysAndValues<T> {
  const {d_model: width, decoder_attention_heads: heads} = config
  const shape = ['batch', heads, length, width / heads]
  return {key: ops.input(`${name}.key`, shape), value: ops.input(`${name}.value`, shape)}
}

const each = <Item>(count: number, make: (layer: number) => readonly Item[]): readonly Item[] =>
  Array.from({length: count}, (_, layer) => make(layer)).flat()
