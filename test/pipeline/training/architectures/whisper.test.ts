import {expect, test} from 'vitest'
import {seededRandom} from '../../../../src/pipeline/decoding/random.js'
import {readSafetensors} from '../../../../src/pipeline/export/safetensors-read.js'
import {AS_IT_IS, type WhisperTraining} from '../../../../src/pipeline/training/architectures/whisper-layers.js'
import {trainedWhisper} from '../../../../src/pipeline/training/architectures/whisper-models.js'
import {fromHuggingFace, toHuggingFace} from '../../../../src/pipeline/training/architectures/whisper-weights.js'
import {declaredParameters} from '../../../../src/pipeline/training/engine/declared-parameters.js'
import {openOrtEngine} from '../../../../src/pipeline/training/engine/ort-engine.js'
import {openTfjsEngine} from '../../../../src/pipeline/training/engine/tfjs/tfjs-engine.js'
import {whisperLoss} from '../../../../src/pipeline/training/tasks/whisper/whisper-loss.js'
import {
  engineOptions,
  goldenWhisper,
  readTensor,
  readWhisperGolden,
  relativeDifference,
} from '../../../support/golden-whisper.js'

const {golden, config, weights, inputs, labels} = await readWhisperGolden()
const VOCABULARY = config.vocab_size

const openModel = (smoothing: number, training: WhisperTraining = AS_IT_IS, random?: () => number) =>
  openOrtEngine(
    trainedWhisper({...training, config, hears: 'features', smoothing: smoothing > 0}),
    engineOptions(weights, {}, random),
  )

const openOnTfjs = (smoothing: number) =>
  openTfjsEngine(trainedWhisper({...AS_IT_IS, config, hears: 'features', smoothing: smoothing > 0}), {
    ...engineOptions(weights),
    backend: 'tfjs-cpu',
  })

test.each([
  ['ort-cpu', '0.0'],
  ['ort-cpu', '0.1'],
  ['tfjs-cpu', '0.1'],
] as const)('on %s with label smoothing of %s, loss and gradients are PyTorch’s', async (backend, name) => {
  const smoothing = Number(name)
  const engine = backend === 'tfjs-cpu' ? await openOnTfjs(smoothing) : await openModel(smoothing)
  let mean = Number.NaN
  let count = Number.NaN
  const gradients = await engine.gradients(
    inputs,
    output => {
      const result = whisperLoss(output, labels, smoothing)
      mean = result.loss.sum / result.loss.count
      count = result.count
      return result.gradient
    },
    0,
  )
  expect(mean).toBeCloseTo(golden.losses[name]!, 5)
  const path = goldenWhisper(`gradients-${name}.safetensors`)
  const {tensors} = await readSafetensors(path)
  expect(engine.places.map(place => place.name).sort()).toEqual([...tensors.keys()].sort())
  for (const {name: parameter, shape, start, end} of engine.places) {
    const values = gradients.slice(start, end).map(value => value / count)
    const turned = toHuggingFace(parameter, {values, shape})
    expect(turned.shape, parameter).toEqual(tensors.get(parameter)?.shape)
    expect(relativeDifference(turned.values, await readTensor(path, parameter)), parameter).toBeLessThan(1e-4)
  }
  await engine.close()
})

test('the loss of labels with -100 is the one that transformers’ model gives', async () => {
  const engine = await openModel(0)
  const {loss} = whisperLoss(await engine.infer(inputs), labels, 0)
  expect(loss.sum / loss.count).toBeCloseTo(golden['own loss'], 5)
  expect(loss.count).toBe(golden.labels.flat().filter(label => label !== -100).length)
  await engine.close()
})

test('four steps are PyTorch’s, and what the model says after them', async () => {
  const engine = await openModel(0.1)
  for (const [index, step] of golden.steps.entries()) {
    const losses: number[] = []
    const gradients = await engine.gradients(
      inputs,
      output => {
        const {gradient, loss} = whisperLoss(output, labels, 0.1)
        losses.push(loss.sum / loss.count)
        return gradient
      },
      index,
    )
    const scale = 1 / labels.filter(label => label !== -100).length
    const norm = await engine.update(gradients, {rate: 0.01, scale})
    expect(losses[0]).toBeCloseTo(step.loss, 3)
    expect(norm).toBeCloseTo(step.norm, 3)
  }
  const {values} = await engine.infer(inputs)
  for (const [index, label] of labels.entries()) {
    if (label === -100) continue
    const logits = golden['logits after'].slice(index * VOCABULARY, (index + 1) * VOCABULARY)
    const all = Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit), 0))
    expect(values[2 * index]).toBeCloseTo(logits[label]! - all, 2)
    expect(values[2 * index + 1]).toBeCloseTo(logits.reduce((sum, logit) => sum + logit - all, 0) / VOCABULARY, 2)
  }
  await engine.close()
})

test.each([
  ['a convolution', 'model.encoder.conv1.weight', [24, 16], [16, 8, 3]],
  ['a linear layer', 'model.decoder.layers.0.fc1.weight', [16, 20], [20, 16]],
  ['a table', 'model.decoder.embed_tokens.weight', [60, 16], [60, 16]],
  ['a bias', 'model.decoder.layers.0.fc1.bias', [20], [20]],
])('%s comes back from Hugging Face’s layout as it went', (_, name, shape, turned) => {
  const values = Float32Array.from({length: shape.reduce((a, b) => a * b)}, (_one, index) => index)
  const there = toHuggingFace(name, {values, shape})
  expect(there.shape).toEqual(turned)
  expect(fromHuggingFace(name, there.values, shape)).toEqual(values)
})

const LOW_RANK = {rank: 2, scale: 2, dropout: 0, targets: ['q_proj', 'v_proj']}

test.each<readonly [string, Partial<WhisperTraining>, RegExp]>([
  ['all but the encoder, where it is frozen', {freezeEncoder: true}, /^model\.decoder\./],
  ['nothing but the changes, with LoRA', {lowRank: LOW_RANK}, /\.(?:q|v)_proj\.lora_[AB]\.weight$/],
  [
    'the changes of the decoder, with both',
    {lowRank: LOW_RANK, freezeEncoder: true},
    /^model\.decoder\.layers\.\d\.\w+\.(?:q|v)_proj\.lora_[AB]\.weight$/,
  ],
])('%s: that is trained', async (_, training, names) => {
  const settings = {...AS_IT_IS, ...training}
  const engine = await openModel(0, settings)
  const expected = declaredParameters(trainedWhisper({...settings, config, hears: 'features', smoothing: false}))
    .filter(({name}) => names.test(name))
    .map(({name}) => name)
  expect(expected.length).toBeGreaterThan(0)
  expect(engine.places.map(({name}) => name).sort()).toEqual([...expected].sort())
  await engine.close()
})

test('with LoRA a model begins as it was, and its gradient is at first that of B alone', async () => {
  const [plain, adapted] = [
    await openModel(0),
    await openModel(0, {...AS_IT_IS, lowRank: LOW_RANK}, seededRandom('changes')),
  ]
  expect(await adapted.infer(inputs)).toEqual(await plain.infer(inputs))
  const gradients = await adapted.gradients(inputs, output => whisperLoss(output, labels, 0).gradient, 0)
  for (const {name, start, end} of adapted.places) {
    const largest = Math.max(...gradients.slice(start, end).map(Math.abs))
    if (name.endsWith('lora_A.weight')) expect(largest, name).toBe(0)
    else expect(largest, name).toBeGreaterThan(0)
  }
  await Promise.all([plain.close(), adapted.close()])
})

test('dropout changes what is learnt with the noise, and nothing of what the model says', async () => {
  const [plain, dropping] = [await openModel(0), await openModel(0, {...AS_IT_IS, dropout: 0.3})]
  expect(await dropping.infer(inputs)).toEqual(await plain.infer(inputs))
  const gradientsWith = (noise: number) =>
    dropping.gradients(inputs, output => whisperLoss(output, labels, 0).gradient, noise)
  const first = await gradientsWith(1)
  expect(await gradientsWith(1)).toEqual(first)
  expect(relativeDifference(await gradientsWith(2), first)).toBeGreaterThan(0.01)
  await Promise.all([plain.close(), dropping.close()])
})
