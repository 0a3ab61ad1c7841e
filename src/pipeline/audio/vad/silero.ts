import type {Tensor} from 'onnxruntime-node'
import {LinguluError} from '../../errors.js'
import {loadOnnxRuntime} from '../../runtime/onnx-runtime.js'
import {openSession} from '../../runtime/open-session.js'
import type {Session} from '../../runtime/session.js'
import {SAMPLE_RATE_HZ} from '../source.js'
import {VAD_WINDOW_SAMPLES, type VoiceDetector} from './voice-detector.js'

/**
 * Opens a Silero voice detector on the CPU, version 4 (state in `h` and `c`) or 5 and 6 (one `state`, and 64 samples of
 * context before every window). Blocks its thread for about 0.1 ms per window.
 *
 * @throws LinguluError MODEL_MISSING, MODEL_INVALID
 */
export async function openSilero(path: string): Promise<VoiceDetector> {
  return createSilero(await openSession(path, {provider: 'cpu', threads: 1}))
}

/** The detector over an open session, which it closes. */
export async function createSilero(session: Session): Promise<VoiceDetector> {
  const runtime = await loadOnnxRuntime()
  const version = versionOf(session)
  const rate = new runtime.Tensor('int64', BigInt64Array.of(BigInt(SAMPLE_RATE_HZ)), [])
  const zeros = () =>
    version.states.map(({shape}) => new runtime.Tensor('float32', new Float32Array(size(shape)), shape))
  const input = new Float32Array(version.contextSamples + VAD_WINDOW_SAMPLES)
  const fetches = ['output', ...version.states.map(({output}) => output)]
  let states: readonly Tensor[] = zeros()
  return {
    async score(window) {
      input.copyWithin(0, VAD_WINDOW_SAMPLES)
      input.set(window, version.contextSamples)
      const feeds = Object.fromEntries(version.states.map(({input: name}, i) => [name, states[i] ?? rate]))
      const results = await session.run(
        {...feeds, input: new runtime.Tensor('float32', input, [1, input.length]), sr: rate},
        fetches,
      )
      states = version.states.map(({output}, i) => results[output] ?? states[i] ?? rate)
      return Number(results.output?.data[0])
    },
    reset() {
      input.fill(0)
      states = zeros()
    },
    close: () => session.close(),
  }
}

interface SileroVersion {
  readonly contextSamples: number
  readonly states: readonly {readonly input: string; readonly output: string; readonly shape: readonly number[]}[]
}

const VERSION_5: SileroVersion = {
  contextSamples: 64,
  states: [{input: 'state', output: 'stateN', shape: [2, 1, 128]}],
}

const VERSION_4: SileroVersion = {
  contextSamples: 0,
  states: [
    {input: 'h', output: 'hn', shape: [2, 1, 64]},
    {input: 'c', output: 'cn', shape: [2, 1, 64]},
  ],
}

function versionOf({path, inputs, outputs}: Session): SileroVersion {
  const version = [VERSION_5, VERSION_4].find(({states}) =>
    states.every(({input, output}) => inputs.has(input) && outputs.has(output)),
  )
  if (version !== undefined && inputs.has('input') && inputs.has('sr') && outputs.has('output')) return version
  throw new LinguluError(
    'MODEL_INVALID',
    `${path} is no Silero voice detector: its inputs are ${[...inputs.keys()].join(', ')}`,
    {
      hint: 'Give silero_vad.onnx of version 4 or newer, or leave the model out for the built-in detector.',
    },
  )
}

function size(shape: readonly number[]): number {
  return shape.reduce((product, length) => product * length, 1)
}
