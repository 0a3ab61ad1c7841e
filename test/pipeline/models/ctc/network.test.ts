import {Tensor} from 'onnxruntime-node'
import {describe, expect, test} from 'vitest'
import {openCtcNetwork} from '../../../../src/pipeline/models/ctc/network.js'
import type {CtcFolder} from '../../../../src/pipeline/models/model-folder.js'
import type {Session, TensorInfo} from '../../../../src/pipeline/runtime/session.js'
import {folderOf} from './stub-model.js'

const MELS = 4
const filterBank: CtcFolder['features'] = {
  kind: 'filter-bank',
  options: {mels: MELS, fftSize: 512, windowSamples: 400, hopSamples: 160, preemphasis: 0, normalize: 'none'},
}
const waveform: CtcFolder['features'] = {kind: 'waveform', normalize: true}
const float = (...shape: (number | string)[]): TensorInfo => ({type: 'float32', shape})
const int64 = (...shape: string[]): TensorInfo => ({type: 'int64', shape})

type Inputs = Readonly<Record<string, TensorInfo>>
const audio: Inputs = {input_values: float('b', 's')}

/** A session that notes what it is fed and gives two frames of three tokens. */
function session(inputs: Inputs, outputs: Inputs = {logits: float('b', 't', 3)}, logits?: Tensor) {
  const fed: Record<string, Tensor> = {}
  const stub: Session = {
    path: 'model.onnx',
    provider: 'cpu',
    inputs: new Map(Object.entries(inputs)),
    outputs: new Map(Object.entries(outputs)),
    async run(feeds, [output = '']) {
      Object.assign(fed, feeds)
      return {[output]: logits ?? new Tensor('float32', Float32Array.of(0, 0, 0, 0, 0, 0), [1, 2, 3])}
    },
    close: async () => {},
  }
  return {fed, stub}
}

async function feed(
  features: CtcFolder['features'],
  inputs: Inputs,
  frames: number,
  outputs?: Inputs,
  logits?: Tensor,
) {
  const {fed, stub} = session(inputs, outputs, logits)
  const network = await openCtcNetwork(folderOf(['-', 'a', 'b'], {features}), async () => stub)
  const width = features.kind === 'waveform' ? 1 : MELS
  const result = await network.logProbabilities(
    Float32Array.from({length: frames * width}, (_, i) => i),
    frames,
  )
  return {fed, result}
}

describe('inputs are recognised by type and shape', () => {
  test('a waveform with a mask', async () => {
    const {fed} = await feed(waveform, {...audio, attention_mask: int64('b', 's')}, 500)
    expect(fed.input_values!.dims).toEqual([1, 500])
    expect(fed.attention_mask).toMatchObject({type: 'int64', dims: [1, 500]})
    expect([...(fed.attention_mask!.data as BigInt64Array)].every(value => value === 1n)).toBe(true)
  })

  test('a waveform with a channel', async () => {
    const {fed} = await feed(waveform, {x: float('b', 1, 's')}, 400)
    expect(fed.x!.dims).toEqual([1, 1, 400])
  })

  test.each<[string, Inputs]>([
    ['mels last', {input_features: float('b', 't', MELS)}],
    ['nothing said', {input_features: float('b', 't', 'm')}],
  ])('filter banks: %s', async (_, inputs) => {
    const {fed} = await feed(filterBank, inputs, 20)
    expect(fed.input_features!.dims).toEqual([1, 20, MELS])
    expect([...(fed.input_features!.data as Float32Array)].slice(0, 5)).toEqual([0, 1, 2, 3, 4])
  })

  test.each<[string, Inputs]>([
    ['mels first', {audio_signal: float('b', MELS, 't'), length: int64('b')}],
    ['NeMo’s name', {audio_signal: float('b', 'm', 't'), length: {type: 'int32', shape: ['b']}}],
  ])('filter banks: %s, with a length', async (_, inputs) => {
    const {fed} = await feed(filterBank, inputs, 20, {logprobs: float('b', 't', 3)})
    expect(fed.audio_signal!.dims).toEqual([1, MELS, 20])
    expect([...(fed.audio_signal!.data as Float32Array)].slice(0, 3)).toEqual([0, 4, 8])
    expect(Number(fed.length!.data[0])).toBe(20)
  })

  test('half precision in and out', async () => {
    const half = Uint16Array.of(0x3c00, 0, 0, 0, 0, 0x4000) // 1, 0, 0, 0, 0, 2
    const {fed, result} = await feed(
      waveform,
      {input_values: {type: 'float16', shape: ['b', 's']}},
      400,
      {logits: {type: 'float16', shape: ['b', 't', 3]}},
      new Tensor('float16', half, [1, 2, 3]),
    )
    expect(fed.input_values!.type).toBe('float16')
    expect(result[0]).toBeCloseTo(1 - Math.log(Math.E + 2), 6)
    expect(result[5]).toBeCloseTo(2 - Math.log(Math.E ** 2 + 2), 6)
  })

  test('what is too short for the convolutions is fed with zeros after it', async () => {
    const {fed} = await feed(filterBank, {x: float('b', 't', MELS)}, 2)
    expect(fed.x!.dims).toEqual([1, 16, MELS])
    expect([...(fed.x!.data as Float32Array)].slice(6, 10)).toEqual([6, 7, 0, 0])
  })
})

describe('what cannot be is refused as the model’s fault', () => {
  test.each<[string, Inputs, Inputs | undefined, Tensor | undefined, string]>([
    [
      'no input for audio',
      {mask: int64('b', 's')},
      undefined,
      undefined,
      'its inputs are mask, expected one for the audio',
    ],
    [
      'an unknown input',
      {...audio, state: int64('a', 'b', 'c')},
      undefined,
      undefined,
      'its input state, int64 [a, b, c]',
    ],
    [
      'a rank that is not the waveform’s',
      {x: float('a', 'b', 'c', 'd')},
      undefined,
      undefined,
      'its input x has 4 dimensions',
    ],
    ['no output', audio, {ids: int64('b', 't')}, undefined, 'it has no output of floats'],
    [
      'another vocabulary',
      audio,
      undefined,
      new Tensor('float32', new Float32Array(8), [1, 2, 4]),
      'logits is 1 × 2 × 4, expected frames × 3',
    ],
    [
      'NaN',
      audio,
      undefined,
      new Tensor('float32', Float32Array.of(0, 0, 0, 0, Number.NaN, 0), [1, 2, 3]),
      'NaN) for frame 1',
    ],
  ])('%s', async (_, inputs, outputs, logits, message) => {
    await expect(feed(waveform, inputs, 400, outputs, logits)).rejects.toMatchObject({
      code: 'MODEL_INVALID',
      message: expect.stringContaining(message),
      hint: expect.any(String),
    })
  })
})
