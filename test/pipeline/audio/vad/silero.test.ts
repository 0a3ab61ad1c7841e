import {spawnSync} from 'node:child_process'
import {existsSync, readFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'
import type {Tensor} from 'onnxruntime-node'
import {describe, expect, test} from 'vitest'
import {createSilero, openSilero} from '../../../../src/pipeline/audio/vad/silero.js'
import {loadOnnxRuntime} from '../../../../src/pipeline/runtime/onnx-runtime.js'
import type {Session} from '../../../../src/pipeline/runtime/session.js'

const SHARED = new URL('../../../../../shared/data/', import.meta.url)
const hasFfmpeg = spawnSync('ffmpeg', ['-version']).status === 0

const golden: readonly {model: string; samples: number; scores: number[]}[] = JSON.parse(
  readFileSync(new URL('../../../data/vad-reference/silero-jfk.json', import.meta.url), 'utf8'),
)

/** A session with the names of a version; scores the first value of its input and counts the runs in its state. */
async function fakeSession(states: Readonly<Record<string, string>>, seen: number[][]): Promise<Session> {
  const {Tensor} = await loadOnnxRuntime()
  const info = {type: 'float32', shape: []} as const
  return {
    path: 'fake.onnx',
    provider: 'cpu',
    inputs: new Map(['input', 'sr', ...Object.keys(states)].map(name => [name, info])),
    outputs: new Map(['output', ...Object.values(states)].map(name => [name, info])),
    async run(feeds) {
      const input = feeds.input?.data as Float32Array
      const state = feeds[Object.keys(states)[0]!]! as Tensor
      seen.push([input.length, input[0]!, Number(state.data[0])])
      const next = new Tensor(
        'float32',
        Float32Array.from(state.data as Float32Array, value => value + 1),
        state.dims,
      )
      const results: Record<string, Tensor> = {output: new Tensor('float32', [0.25], [1, 1])}
      for (const name of Object.values(states)) results[name] = next
      return results
    },
    async close() {},
  }
}

describe('a Silero model', () => {
  test.each([
    ['5', {state: 'stateN'}, [576, 576, 576, 576], [0, 448, 960, 0]],
    ['4', {h: 'hn', c: 'cn'}, [512, 512, 512, 512], [0, 512, 1024, 0]],
  ])(
    'of version %s is given its context and its state, both forgotten by a reset',
    async (_, states, lengths, firsts) => {
      const seen: number[][] = []
      const detector = await createSilero(await fakeSession(states, seen))
      const window = (from: number) => Float32Array.from({length: 512}, (_, i) => from + i)
      for (const from of [0, 512, 1024]) expect(await detector.score(window(from))).toBe(0.25)
      detector.reset()
      await detector.score(window(0))
      expect(seen.map(([length]) => length)).toEqual(lengths)
      expect(seen.map(([, first]) => first)).toEqual(firsts)
      expect(seen.map(([, , state]) => state)).toEqual([0, 1, 2, 0])
    },
  )

  test('with other inputs is refused by name', async () => {
    await expect(createSilero(await fakeSession({hidden: 'hiddenN'}, []))).rejects.toMatchObject({
      code: 'MODEL_INVALID',
      message: expect.stringContaining('fake.onnx is no Silero voice detector'),
    })
  })

  test('that is not there is missing', async () => {
    await expect(openSilero(join(tmpdir(), 'no-such-silero.onnx'))).rejects.toMatchObject({code: 'MODEL_MISSING'})
  })
})

describe.skipIf(!existsSync(SHARED) || !hasFfmpeg)('the real models (need ../shared/data and ffmpeg)', () => {
  test.each(golden)('$model scores as it does in Python', async ({model, samples, scores}) => {
    const path = fileURLToPath(new URL('misc/jfk.flac', SHARED))
    const arguments_ = ['-v', 'error', '-i', path, '-ac', '1', '-ar', '16000', '-f', 's16le', '-']
    const {stdout} = spawnSync('ffmpeg', arguments_, {maxBuffer: 2 ** 28})
    const signal = Float32Array.from({length: stdout.length / 2}, (_, i) => stdout.readInt16LE(2 * i) / 32_768)
    expect(signal.length).toBe(samples)
    const detector = await openSilero(fileURLToPath(new URL(`vad/${model}`, SHARED)))
    for (const [i, expected] of scores.entries()) {
      const window = new Float32Array(512)
      window.set(signal.subarray(i * 512, (i + 1) * 512))
      expect(Math.abs((await detector.score(window)) - expected)).toBeLessThan(1e-4)
    }
    await detector.close()
  })
})
