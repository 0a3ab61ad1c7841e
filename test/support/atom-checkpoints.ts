import {copyFile, mkdir, readdir} from 'node:fs/promises'
import {join} from 'node:path'
import {type NewTensor, writeSafetensors} from '../../src/pipeline/export/safetensors-write.js'
import {memorySource} from '../../src/pipeline/onnx/model.js'
import {readModel} from '../../src/pipeline/onnx/read-model.js'
import {floatsOf, shapeOf} from '../../src/pipeline/onnx/tensor-values.js'
import {atomModel} from './atom-models.js'
import {allInitializers} from './onnx-models.js'

interface Weight {
  readonly shape: readonly number[]
  readonly values: Float32Array
}

/** The weights of ONNX files of test/data/models, by the names that they have there. */
async function weightsOf(...paths: readonly string[]): Promise<Map<string, Weight>> {
  const weights = new Map<string, Weight>()
  for (const path of paths) {
    const model = await readModel(atomModel(path))
    for (const tensor of allInitializers(model))
      if (tensor.dataType === 1)
        weights.set(tensor.name, {shape: shapeOf(tensor), values: await floatsOf(model, tensor)})
  }
  return weights
}

/** PyTorch has matrices the other way round. */
function turned({shape: [rows = 0, columns = 0], values}: Weight): Weight {
  const at = (index: number) => values[(index % rows) * columns + Math.floor(index / rows)]!
  return {shape: [columns, rows], values: Float32Array.from(values, (_, index) => at(index))}
}

const tensorOf = (name: string, {shape, values}: Weight): NewTensor => ({
  name,
  type: 'F32',
  shape,
  source: memorySource(new Uint8Array(values.buffer, values.byteOffset, values.byteLength)),
})

async function writeCheckpoint(name: string, folder: string, tensors: readonly NewTensor[]): Promise<void> {
  await mkdir(folder, {recursive: true})
  for (const file of await readdir(atomModel(name)))
    if (file.endsWith('.json')) await copyFile(atomModel(`${name}/${file}`), join(folder, file))
  await writeSafetensors(join(folder, 'model.safetensors'), tensors)
}

const WHISPER_PARTS: Readonly<Record<string, string>> = {
  sn: 'self_attn_layer_norm',
  xn: 'encoder_attn_layer_norm',
  finaln: 'final_layer_norm',
  s: 'self_attn',
  x: 'encoder_attn',
}

/** `E0.s.q.w` → `model.encoder.layers.0.self_attn.q_proj.weight`. */
function whisperName(name: string): string | undefined {
  const parameter = name.endsWith('.w') ? 'weight' : 'bias'
  if (name === 'embed') return 'model.decoder.embed_tokens.weight'
  if (name === 'positions') return 'model.decoder.embed_positions.weight'
  const [, convolution] = /^(conv[12])\.[wb]$/.exec(name) ?? []
  if (convolution !== undefined) return `model.encoder.${convolution}.${parameter}`
  const [, letter, layer, part = '', projection] =
    /^([ED])(n|\d+)(?:\.(\w+?))?(?:\.(q|k|v|out))?\.[wb]$/.exec(name) ?? []
  if (letter === undefined) return undefined
  const side = `model.${letter === 'E' ? 'encoder' : 'decoder'}`
  if (layer === 'n') return `${side}.layer_norm.${parameter}`
  const inner = projection === undefined ? '' : `.${projection}_proj`
  return `${side}.layers.${layer}.${WHISPER_PARTS[part] ?? part}${inner}.${parameter}`
}

const WIDTH = 16
const POSITIONS = 1500

/** Whisper's own sinusoids, which the atom's encoder computes. */
function sinusoids(): Weight {
  const half = WIDTH / 2
  const values = Float32Array.from({length: POSITIONS * WIDTH}, (_, index) => {
    const column = index % WIDTH
    const angle = Math.floor(index / WIDTH) * Math.exp((-Math.log(10_000) / (half - 1)) * (column % half))
    return column < half ? Math.sin(angle) : Math.cos(angle)
  })
  return {shape: [POSITIONS, WIDTH], values}
}

/** The checkpoint of which `whisper-atom` was made: a trained Whisper. */
export async function writeWhisperAtomCheckpoint(folder: string): Promise<void> {
  const onnx = 'whisper-atom/onnx'
  const weights = await weightsOf(`${onnx}/encoder_model.onnx`, `${onnx}/decoder_model.onnx`)
  const tensors = [tensorOf('model.encoder.embed_positions.weight', sinusoids())]
  for (const [name, weight] of weights) {
    const found = whisperName(name)
    const isMatrix = weight.shape.length === 2 && name.includes('.')
    if (found !== undefined) tensors.push(tensorOf(found, isMatrix ? turned(weight) : weight))
  }
  await writeCheckpoint('whisper-atom', folder, tensors)
}

const LAYER = 'wav2vec2.encoder.layers.0'
const linear = (name: string, weight: number, bias: number) => ({
  [`w${weight}`]: `${name}.weight`,
  [`w${bias}`]: `${name}.bias`,
})

/** By the order in which PyTorch's exporter came to them. */
const CTC_NAMES: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    Array.from({length: 7}, (_, layer) => [`w${layer}`, `wav2vec2.feature_extractor.conv_layers.${layer}.conv.weight`]),
  ),
  ...linear('wav2vec2.feature_extractor.conv_layers.0.layer_norm', 24, 25),
  ...linear('wav2vec2.feature_projection.layer_norm', 7, 8),
  ...linear('wav2vec2.feature_projection.projection', 26, 9),
  w27: 'wav2vec2.encoder.pos_conv_embed.conv.weight_v',
  w10: 'wav2vec2.encoder.pos_conv_embed.conv.bias',
  ...linear('wav2vec2.encoder.layer_norm', 11, 12),
  ...linear(`${LAYER}.attention.q_proj`, 28, 15),
  ...linear(`${LAYER}.attention.k_proj`, 29, 13),
  ...linear(`${LAYER}.attention.v_proj`, 30, 14),
  ...linear(`${LAYER}.attention.out_proj`, 31, 16),
  ...linear(`${LAYER}.layer_norm`, 17, 18),
  ...linear(`${LAYER}.feed_forward.intermediate_dense`, 32, 19),
  ...linear(`${LAYER}.feed_forward.output_dense`, 33, 20),
  ...linear(`${LAYER}.final_layer_norm`, 21, 22),
  ...linear('lm_head', 34, 23),
}

/** The checkpoint of which `ctc-atom` was made: a trained wav2vec 2.0. */
export async function writeCtcAtomCheckpoint(folder: string): Promise<void> {
  const weights = await weightsOf('ctc-atom/onnx/model.onnx')
  const tensors: NewTensor[] = []
  for (const [from, name] of Object.entries(CTC_NAMES)) {
    const weight = weights.get(from)!
    if (weight.shape.length === 2 && weight.shape[1] === 1)
      tensors.push(tensorOf(name, {shape: [weight.shape[0]!], values: weight.values}))
    else tensors.push(tensorOf(name, weight.shape.length === 2 ? turned(weight) : weight))
    if (name.endsWith('weight_v')) tensors.push(tensorOf(name.replace(/v$/, 'g'), magnitudes(weight)))
  }
  await writeCheckpoint('ctc-atom', folder, tensors)
}

/** Of the slices along the last dimension, so that weight normalisation leaves the weight as it is. */
function magnitudes({shape, values}: Weight): Weight {
  const kernel = shape.at(-1)!
  const squares = new Float64Array(kernel)
  for (const [index, value] of values.entries()) squares[index % kernel]! += value ** 2
  return {shape: [1, 1, kernel], values: Float32Array.from(squares, Math.sqrt)}
}
