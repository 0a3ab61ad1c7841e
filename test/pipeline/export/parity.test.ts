import {mkdtemp, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {InferenceSession, Tensor} from 'onnxruntime-node'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {exportAll, floats, goldenCheckpoint, integers, readExpected, relativeError} from '../../support/export.js'

let home: string
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'lingulu-export-'))
})
afterAll(async () => await rm(home, {recursive: true, force: true}))

/** As parts of the largest value. */
const TOLERANCES = {fp32: 1e-4, fp16: 1e-2} as const
const SUFFIXES = {fp32: '', fp16: '_fp16'} as const

describe('logits are those of PyTorch', () => {
  test.each([
    ['wav2vec2-group', 'huggingface', 'fp32', 17],
    ['wav2vec2-group', 'fused', 'fp32', 17],
    ['wav2vec2-group', 'huggingface', 'fp16', 17],
    ['wav2vec2-group', 'fused', 'fp16', 21],
    ['wav2vec2-layer-stable', 'huggingface', 'fp32', 17],
    ['wav2vec2-layer-stable', 'fused', 'fp32', 21],
    ['wav2vec2-layer-stable', 'fused', 'fp16', 17],
    ['hubert', 'huggingface', 'fp32', 17],
    ['hubert', 'fused', 'fp32', 18],
    ['wavlm', 'huggingface', 'fp32', 17],
    ['wavlm', 'fused', 'fp32', 17],
    ['wavlm', 'fused', 'fp16', 17],
    ['wavlm-stable', 'huggingface', 'fp32', 21],
    ['wavlm-stable', 'huggingface', 'fp16', 17],
    ['wavlm-stable', 'fused', 'fp32', 21],
    ['wav2vec2-classes', 'huggingface', 'fp32', 17],
    ['wav2vec2-classes', 'fused', 'fp32', 17],
  ] as const)('%s, %s, %s, in opset %i', async (name, layout, precision, opset) => {
    const out = join(home, `${name}-${layout}-${precision}`)
    await exportAll({checkpoint: goldenCheckpoint(name), out, layout, precision, opset})
    const {inputs, outputs} = await readExpected(name)
    const session = await InferenceSession.create(join(out, `onnx/model${SUFFIXES[precision]}.onnx`))
    const {values, shape} = inputs.input_values!
    const {logits} = await session.run({input_values: floats(values, shape)})
    expect(logits!.dims).toEqual(outputs.logits!.shape)
    expect(relativeError(logits!.data as Float32Array, outputs.logits!.values)).toBeLessThan(TOLERANCES[precision])
    await session.release()
  })

  test.each([
    ['whisper-a', 'fp32', 17],
    ['whisper-a', 'fp16', 17],
    ['whisper-bf16', 'fp32', 21],
    ['whisper-f16-untied', 'fp32', 17],
    ['whisper-f16-untied', 'fp16', 21],
  ] as const)('%s, huggingface, %s, in opset %i, in one pass and token by token', async (name, precision, opset) => {
    const out = join(home, `${name}-${precision}`)
    const tolerance = TOLERANCES[precision]
    await exportAll({checkpoint: goldenCheckpoint(name), out, layout: 'huggingface', precision, opset})
    const {inputs, outputs} = await readExpected(name)
    const open = (stem: string) => InferenceSession.create(join(out, `onnx/${stem}${SUFFIXES[precision]}.onnx`))
    const encoder = await open('encoder_model')
    const features = inputs.input_features!
    const {last_hidden_state: states} = await encoder.run({input_features: floats(features.values, features.shape)})
    const expectedStates = outputs.last_hidden_state!
    expect(states!.dims).toEqual(expectedStates.shape)
    expect(relativeError(states!.data as Float32Array, expectedStates.values)).toBeLessThan(tolerance)

    const merged = await open('decoder_model_merged')
    const first = await open('decoder_model')
    const withPast = await open('decoder_with_past_model')
    const ids = inputs.input_ids!
    for (const decoder of [merged, first]) {
      const whole = await decoder.run(firstFeeds(decoder, states!, integers(ids.values, ids.shape)))
      for (const [output, expected] of Object.entries(outputs)) {
        if (output === 'last_hidden_state') continue
        expect(whole[output]!.dims, output).toEqual(expected.shape)
        expect(relativeError(whole[output]!.data as Float32Array, expected.values), output).toBeLessThan(tolerance)
      }
    }
    for (const pair of [
      {first: merged, withPast: merged},
      {first, withPast},
    ]) {
      const stepwise = await stepThrough(pair, states!, ids)
      expect(relativeError(stepwise, outputs.logits!.values)).toBeLessThan(tolerance)
    }
    await Promise.all([encoder, merged, first, withPast].map(session => session.release()))
  })
})

/** Inputs of a pass without a cache, as far as the decoder has them. */
function firstFeeds(decoder: InferenceSession, states: Tensor, ids: Tensor): Record<string, Tensor> {
  const feeds: Record<string, Tensor> = {input_ids: ids}
  if (decoder.inputNames.includes('encoder_hidden_states')) feeds.encoder_hidden_states = states
  if (decoder.inputNames.includes('use_cache_branch')) feeds.use_cache_branch = new Tensor('bool', [false], [1])
  for (const metadata of decoder.inputMetadata) {
    if (!metadata.name.startsWith('past_key_values.') || !metadata.isTensor) continue
    const [, heads, , size] = metadata.shape
    feeds[metadata.name] = floats([], [2, Number(heads), 0, Number(size)])
  }
  return feeds
}

/** The first token in a first pass, the second and third together, the others one by one: [batch, tokens, vocabulary]. */
async function stepThrough(
  {first, withPast}: {readonly first: InferenceSession; readonly withPast: InferenceSession},
  states: Tensor,
  {values, shape: [rows = 0, length = 0]}: {values: number[]; shape: number[]},
): Promise<number[]> {
  const columns = (start: number, end: number) =>
    integers(Array.from({length: rows}, (_, row) => values.slice(row * length + start, row * length + end)).flat(), [
      rows,
      end - start,
    ])
  const logits: Tensor[] = []
  let cache: Record<string, Tensor> = {}
  for (const [start, end] of [[0, 1], [1, 3], ...Array.from({length: length - 3}, (_, i) => [i + 3, i + 4])] as [
    number,
    number,
  ][]) {
    const decoder = start === 0 ? first : withPast
    const feeds = {...firstFeeds(decoder, states, columns(start, end)), ...cache}
    if (feeds.use_cache_branch) feeds.use_cache_branch = new Tensor('bool', [start > 0], [1])
    const outputs = await decoder.run(feeds)
    logits.push(outputs.logits!)
    const kept = Object.entries(outputs).filter(
      ([name]) => name.startsWith('present.') && (start === 0 || name.includes('.decoder.')),
    )
    cache = {
      ...cache,
      ...Object.fromEntries(kept.map(([name, value]) => [name.replace('present', 'past_key_values'), value])),
    }
  }
  return Array.from({length: rows}, (_, row) =>
    logits.flatMap(({data, dims: [, tokens = 0, vocabulary = 0]}) => [
      ...(data as Float32Array).subarray(row * tokens * vocabulary, (row + 1) * tokens * vocabulary),
    ]),
  ).flat()
}
