import {existsSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'
import {describe, expect, test} from 'vitest'
import {fromErrorRecord} from '../../../src/pipeline/errors.js'
import {WhisperOptions} from '../../../src/pipeline/models/whisper/options.js'
import {openModel} from '../../../src/pipeline/open-model.js'
import {openSession} from '../../../src/pipeline/runtime/open-session.js'
import {probeProvider} from '../../../src/pipeline/runtime/probe.js'
import {PROBE_LENGTH, probeModel} from '../../../src/pipeline/runtime/probe-model.js'
import {chooseProvider} from '../../../src/pipeline/runtime/providers.js'
import type {Provider} from '../../../src/pipeline/runtime/session.js'
import {floatsOf, floatTensor} from '../../../src/pipeline/runtime/tensor.js'

/** Set by a machine with a GPU, and by CI, which brings a Vulkan driver that computes on the CPU. */
const hasWebgpu = Boolean(process.env.LINGULU_TEST_WEBGPU || process.env.VK_ICD_FILENAMES)
const DATA = new URL('../../../../shared/data/', import.meta.url)
const MODEL = fileURLToPath(new URL('models/whisper-nano', DATA))
const ENCODER = fileURLToPath(new URL('models/whisper-nano/onnx/encoder_model.onnx', DATA))
const AUDIO = fileURLToPath(new URL('misc/jfk.flac', DATA))

async function compute(path: string, provider: Provider, input: Float32Array, shape: readonly number[]) {
  const session = await openSession(path, {provider, threads: 2})
  const [inputName = '', outputName = ''] = [...session.inputs.keys(), ...session.outputs.keys()]
  const {[outputName]: output} = await session.run({[inputName]: floatTensor('float32', input, shape)}, [outputName])
  await session.close()
  if (output === undefined) throw new Error('no output')
  return floatsOf(output)
}

describe.skipIf(!hasWebgpu)('WebGPU (set VK_ICD_FILENAMES or LINGULU_TEST_WEBGPU=1; see docs/devices.md)', () => {
  test('is found by the probe and taken when asked for', async () => {
    expect(await probeProvider({provider: 'webgpu'})).toMatchObject({available: true})
    expect(await chooseProvider('webgpu')).toEqual({provider: 'webgpu', rejected: []})
  })

  test('computes in a session', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'webgpu-'))
    const path = join(directory, 'add.onnx')
    writeFileSync(path, probeModel())
    expect(await compute(path, 'webgpu', Float32Array.of(1, 2, 3, 4), [PROBE_LENGTH])).toEqual(
      Float32Array.of(2, 4, 6, 8),
    )
    rmSync(directory, {recursive: true})
  })

  test.skipIf(!existsSync(ENCODER))(
    "gives what the CPU gives for a Whisper encoder (needs ../shared/data's whisper-nano)",
    async () => {
      const features = Float32Array.from({length: 80 * 3000}, (_, i) => Math.sin(i / 100))
      const onGpu = await compute(ENCODER, 'webgpu', features, [1, 80, 3000])
      const onCpu = await compute(ENCODER, 'cpu', features, [1, 80, 3000])
      const worst = onCpu.reduce((most, value, i) => Math.max(most, Math.abs(value - (onGpu[i] ?? Number.NaN))), 0)
      expect(worst).toBeLessThan(1e-4)
    },
    300_000,
  )

  test.skipIf(!existsSync(MODEL))(
    "transcribes with Whisper as the CPU does (needs ../shared/data's whisper-nano)",
    async () => {
      const onGpu = await firstTokens('webgpu')
      expect(onGpu.length).toBeGreaterThan(5)
      expect(onGpu).toEqual(await firstTokens('cpu'))
    },
    600_000,
  )
})

/** The first words of the recording that the model was fitted to; a software GPU takes a second for each token. */
async function firstTokens(device: Provider): Promise<readonly number[]> {
  await using model = await openModel(MODEL, {device, batchSize: 1})
  const options = WhisperOptions.parse({language: 'en', beamSize: null, temperatures: [0], sampleLength: 8})
  for await (const event of model.run({audio: {type: 'file', path: AUDIO}, prepare: {channel: 'mix'}, options})) {
    if (event.type === 'failed') throw fromErrorRecord(event.error)
    if (event.type === 'done') return event.transcripts.flatMap(({segments}) => segments.flatMap(({tokens}) => tokens))
  }
  throw new Error('no transcript')
}
