import {beforeAll, describe, expect, it} from 'vitest'
import {uniformStream} from '../../../src/pipeline/decoding/uniform-stream.js'
import {openCheckpoint} from '../../../src/pipeline/export/checkpoint.js'
import type {Layout} from '../../../src/pipeline/export/layouts.js'
import {WhisperConfig} from '../../../src/pipeline/export/whisper/config.js'
import {buildFusedDecoder} from '../../../src/pipeline/export/whisper/fused/decoder.js'
import {requireModelJson} from '../../../src/pipeline/models/model-files.js'
import {readsOf} from '../../../src/pipeline/onnx/outer-values.js'
import {subgraphsOf} from '../../../src/pipeline/onnx/visit.js'
import {goldenCheckpoint, readExpected, relativeError} from '../../support/export.js'
import {FusedWhisper, valuesOf} from '../../support/fused-whisper.js'
import {seededWhisper} from '../../support/seeded-whisper.js'

const SMALL = {
  d_model: 16,
  encoder_layers: 2,
  decoder_layers: 2,
  encoder_attention_heads: 2,
  decoder_attention_heads: 2,
  encoder_ffn_dim: 32,
  decoder_ffn_dim: 24,
  vocab_size: 140,
  num_mel_bins: 8,
  max_source_positions: 20,
  max_target_positions: 64,
}

const SHAPES = {
  'two layers': SMALL,
  'one layer': {...SMALL, encoder_layers: 1, decoder_layers: 1},
  'three layers of four heads': {...SMALL, d_model: 32, decoder_layers: 3, decoder_attention_heads: 4},
  'more heads in the encoder': {...SMALL, encoder_layers: 3, encoder_attention_heads: 4},
  'untied logits': {...SMALL, tie_word_embeddings: false},
  '128 mels': {...SMALL, num_mel_bins: 128},
  'another activation': {...SMALL, activation_function: 'relu'},
}

const PROMPTS = [
  [82, 83, 84],
  [90, 3, 7, 5, 82, 83, 84],
]

describe.each(Object.entries(SHAPES))('a fused Whisper with %s', (_, fields) => {
  let whisper: FusedWhisper
  beforeAll(async () => {
    whisper = await FusedWhisper.open(seededWhisper(fields), {windows: 2})
  })

  it('has the logits of the plain layout at every place, also after padding', async () => {
    const positions = [
      [4, 5, 6],
      [0, 3, 6],
    ]
    const {logits} = await whisper.decode({prompts: PROMPTS, positions, wants: {logits: true}})
    expect(logits?.dims).toEqual([2, 3, 140])
    const [first, second] = [await whisper.attend(PROMPTS.slice(0, 1), 0), await whisper.attend(PROMPTS.slice(1), 1)]
    const expected = [
      ...[0, 1, 2].map(place => first.logits[0]?.[place]),
      ...[0, 3, 6].map(place => second.logits[0]?.[place]),
    ]
    expect(
      relativeError(
        valuesOf(logits),
        expected.flatMap(row => row ?? []),
      ),
    ).toBeLessThan(1e-4)
  })
})

it.each(['whisper-a', 'whisper-bf16', 'whisper-f16-untied'])(
  "%s has transformers' logits and cross-attention",
  async name => {
    const checkpoint = await openCheckpoint(goldenCheckpoint(name))
    const config = await requireModelJson(checkpoint.files, 'config.json', WhisperConfig)
    const {inputs, outputs} = await readExpected(name)
    const {input_features: features, input_ids: ids} = inputs
    const [windows = 0, length = 0] = ids?.shape ?? []
    const layers = Array.from({length: config.decoder_layers}, (_, layer) => layer)
    const heads = Array.from({length: config.decoder_attention_heads}, (_, head) => head)
    const context = seededWhisper(config).context('fused')
    const golden = {
      config,
      context: (layout: Layout) => ({...context, layout, checkpoint, used: new Set<string>()}),
    }
    const whisper = await FusedWhisper.open(golden, {
      windows,
      features: features?.values ?? [],
      heads: layers.flatMap(layer => heads.map(head => [layer, head] as const)),
    })
    const rows = Array.from({length: windows}, (_, row) => row)
    const {logits, alignment} = await whisper.decode({
      prompts: rows.map(row => (ids?.values ?? []).slice(row * length, (row + 1) * length)),
      positions: rows.map(() => Array.from({length}, (_, place) => place)),
      wants: {logits: true, alignment: true},
      special: [30, 31, 34, 33],
    })
    expect(relativeError(valuesOf(logits), outputs.logits?.values ?? [])).toBeLessThan(1e-4)
    const [, , , positions = 0] = alignment?.dims ?? []
    const size = heads.length * length * positions
    const values = valuesOf(alignment)
    for (const layer of layers) {
      const own = rows.flatMap(row => {
        const from = (row * layers.length + layer) * size
        return values.slice(from, from + size)
      })
      expect(relativeError(own, outputs[`cross_attentions.${layer}`]?.values ?? [])).toBeLessThan(1e-4)
    }
  },
)

it('gives the alignment heads in the order in which they are listed', async () => {
  const model = seededWhisper(SMALL)
  const prompt = PROMPTS[1] ?? []
  const alignmentOf = async (heads: readonly (readonly [number, number])[]) => {
    const whisper = await FusedWhisper.open(model, {heads})
    const {alignment} = await whisper.decode({prompts: [prompt], wants: {alignment: true}})
    const values = valuesOf(alignment)
    const size = values.length / heads.length
    return heads.map((_, index) => values.slice(index * size, (index + 1) * size))
  }
  const [a, b, c, d] = await alignmentOf([
    [0, 0],
    [0, 1],
    [1, 0],
    [1, 1],
  ])
  const listed = await alignmentOf([
    [1, 1],
    [0, 1],
    [1, 0],
    [0, 0],
  ])
  expect(a).not.toEqual(b)
  expect(listed).toEqual([d, b, c, a])
})

it('lets no attention weights outlive their layer: over long prompts they take hundreds of megabytes', () => {
  const {config, context} = seededWhisper(SMALL)
  const loop = buildFusedDecoder(config, context('fused')).proto.graph?.node.find(({opType}) => opType === 'Loop')
  const nodes = loop === undefined ? [] : [...subgraphsOf(loop)].flatMap(body => body.node)
  const weights = nodes.filter(({opType}) => opType === 'Softmax').flatMap(({output}) => output)
  const readers = weights.map(name => nodes.filter(node => readsOf(node).has(name)).length)
  expect(readers).toEqual(weights.map(() => 1))
  expect(weights).toHaveLength(SMALL.decoder_layers)
})

it('draws from a large vocabulary what exact sums of its probabilities say', async () => {
  const draws = 20_000
  const vocabulary = 30_000
  const whisper = await FusedWhisper.open(seededWhisper({...SMALL, vocab_size: vocabulary}))
  const stream = uniformStream(['draws'], 0)
  const uniforms = Array.from({length: draws}, (_, draw) => stream(draw)).sort((a, b) => a - b)
  const {logits, chosen} = await whisper.decode({
    prompts: [[5, 6, 7]],
    group: draws,
    temperature: 1.5,
    uniforms: uniforms.map(uniform => [uniform]),
    wants: {logits: true},
  })
  const powers = valuesOf(logits).map(logit => Math.exp(logit / 1.5))
  const total = powers.reduce((sum, power) => sum + power, 0)
  let [token, sum] = [0, powers[0] ?? 0]
  const drawn = uniforms.map(uniform => {
    while (sum <= uniform * total) sum += powers[++token] ?? total
    return token
  })
  expect(powers).toHaveLength(vocabulary)
  expect(valuesOf(chosen)).toEqual(drawn)
})
