import type {Checkpoint} from '../../src/pipeline/export/checkpoint.js'
import {FUSED_DOMAINS} from '../../src/pipeline/export/fused-domains.js'
import type {GraphContext} from '../../src/pipeline/export/graph-context.js'
import type {Layout} from '../../src/pipeline/export/layouts.js'
import type {StoredTensor} from '../../src/pipeline/export/safetensors-types.js'
import {WhisperConfig} from '../../src/pipeline/export/whisper/config.js'
import {memorySource} from '../../src/pipeline/onnx/model.js'

/** A Whisper whose weights look random and are always the same, in memory. */
export interface SeededWhisper {
  readonly config: WhisperConfig
  context(layout: Layout): GraphContext
}

/** Numbers from −1 to 1 of a linear congruential generator (Numerical Recipes). */
function generator(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 31 - 1
  }
}

/** @param fields of config.json */
export function seededWhisper(fields: Record<string, unknown>, seed = 1): SeededWhisper {
  const config = WhisperConfig.parse(fields)
  const tensors = new Map<string, StoredTensor>()
  const next = generator(seed)
  addTensors(config, (name, shape, size, offset = 0) => {
    const length = shape.reduce((product, one) => product * one, 1)
    const values = Float32Array.from({length}, () => offset + size * next())
    const source = memorySource(new Uint8Array(values.buffer))
    tensors.set(name, {name, type: 'F32', shape, path: 'seeded', source})
  })
  // The files of the folder are read by those who open it, not by those who build graphs.
  const files = {path: 'seeded', names: new Set()} as unknown as Checkpoint['files']
  const checkpoint: Checkpoint = {path: 'seeded', files, weightFiles: [], tensors}
  return {
    config,
    context: layout => ({
      checkpoint,
      used: new Set(),
      build: {opset: 17, ...(layout === 'fused' ? {domains: FUSED_DOMAINS} : {})},
      layout,
      crossAttentions: true,
    }),
  }
}

type Add = (name: string, shape: readonly number[], size: number, offset?: number) => void

function addTensors(config: WhisperConfig, add: Add): void {
  const {d_model: width, num_mel_bins: mels, vocab_size: vocabulary} = config
  add('model.encoder.conv1.weight', [width, mels, 3], 0.3)
  add('model.encoder.conv1.bias', [width], 0.1)
  add('model.encoder.conv2.weight', [width, width, 3], 1 / Math.sqrt(width))
  add('model.encoder.conv2.bias', [width], 0.1)
  const {encoder_layers, encoder_ffn_dim, max_source_positions, decoder_layers, decoder_ffn_dim} = config
  addSide('model.encoder', ['self_attn'], [encoder_layers, encoder_ffn_dim, max_source_positions])
  addSide(
    'model.decoder',
    ['self_attn', 'encoder_attn'],
    [decoder_layers, decoder_ffn_dim, config.max_target_positions],
  )
  add('model.decoder.embed_tokens.weight', [vocabulary, width], 0.5)
  if (!config.tie_word_embeddings) add('proj_out.weight', [vocabulary, width], 0.5)

  function addNorm(name: string) {
    add(`${name}.weight`, [width], 0.2, 1)
    add(`${name}.bias`, [width], 0.1)
  }

  function addLinear(name: string, outputs: number, inputs: number) {
    add(`${name}.weight`, [outputs, inputs], 2 / Math.sqrt(inputs))
    if (!name.endsWith('k_proj')) add(`${name}.bias`, [outputs], 0.1)
  }

  function addSide(side: string, attentions: readonly string[], sizes: readonly [number, number, number]) {
    const [layers, hidden, positions] = sizes
    add(`${side}.embed_positions.weight`, [positions, width], 0.3)
    addNorm(`${side}.layer_norm`)
    for (let layer = 0; layer < layers; layer++) {
      const name = `${side}.layers.${layer}`
      for (const attention of attentions) {
        for (const part of ['q', 'k', 'v', 'out']) addLinear(`${name}.${attention}.${part}_proj`, width, width)
        addNorm(`${name}.${attention}_layer_norm`)
      }
      addLinear(`${name}.fc1`, hidden, width)
      addLinear(`${name}.fc2`, width, hidden)
      addNorm(`${name}.final_layer_norm`)
    }
  }
}
