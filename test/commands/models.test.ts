import {existsSync} from 'node:fs'
import {mkdtemp, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join, resolve} from 'node:path'
import {captureOutput} from '@oclif/test'
import {afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi} from 'vitest'
import ModelsInfo from '../../src/commands/models/info.js'
import ModelsList from '../../src/commands/models/list.js'
import ModelsPath from '../../src/commands/models/path.js'
import ModelsPull from '../../src/commands/models/pull.js'
import ModelsRemove from '../../src/commands/models/remove.js'
import {loadCatalogue} from '../../src/pipeline/models/catalogue.js'
import {FakeHub} from '../pipeline/models/fake-hub.js'
import {onnxBytes, WAV2VEC2, WHISPER, writeModel} from '../pipeline/models/synthetic-model.js'

const ROOT = resolve('.')
const EXPORT = 'onnx-community/whisper-tiny.en_timestamped'
const COMMANDS = {
  list: (argv: string[]) => ModelsList.run(argv, {root: ROOT}),
  pull: (argv: string[]) => ModelsPull.run(argv, {root: ROOT}),
  info: (argv: string[]) => ModelsInfo.run(argv, {root: ROOT}),
  remove: (argv: string[]) => ModelsRemove.run(argv, {root: ROOT}),
  path: (argv: string[]) => ModelsPath.run(argv, {root: ROOT}),
}

let hub: FakeHub
let home: string
let count = 0

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'lingulu-commands-'))
})
afterAll(async () => await rm(home, {recursive: true, force: true}))
beforeEach(async () => {
  hub = new FakeHub()
  await hub.start()
  vi.stubEnv('LINGULU_CACHE', join(home, `cache-${count}`))
  vi.stubEnv('HF_HOME', join(home, `hf-${count++}`))
  vi.stubEnv('HF_ENDPOINT', hub.endpoint)
  vi.stubEnv('HF_HUB_CACHE', '')
  const files = Object.entries({
    ...WHISPER,
    'onnx/encoder_model_q4.onnx': onnxBytes({bytes: 5000}),
    'onnx/decoder_model_merged_q4.onnx': onnxBytes({bytes: 5000}),
  })
  hub.add(
    EXPORT,
    Object.fromEntries(
      files.map(([path, content]) => [path, Buffer.isBuffer(content) ? content : Buffer.from(JSON.stringify(content))]),
    ),
  )
})
afterEach(async () => {
  vi.unstubAllEnvs()
  await hub.stop()
})

/** Runs a command as the shell would, and takes its exit code off the process. */
async function lingulu(command: keyof typeof COMMANDS, ...argv: string[]) {
  process.exitCode = undefined
  const {stdout, stderr, error} = await captureOutput<unknown>(() => COMMANDS[command](argv))
  const exitCode = process.exitCode
  process.exitCode = undefined
  if (error && !('oclif' in error)) throw error
  return {stdout, stderr: stderr + (error?.message ?? ''), exitCode, error, json: () => JSON.parse(stdout)}
}

const cached = () => join(process.env.LINGULU_CACHE ?? '', `hub/models--${EXPORT.replace('/', '--')}`)

describe('lingulu models pull', () => {
  test('fetches by a catalogue name, prints the folder on stdout and what it does on stderr', async () => {
    const {stdout, stderr, exitCode} = await lingulu('pull', 'whisper-tiny.en')
    expect(stdout.trim()).toBe(join(cached(), 'snapshots', 'a'.repeat(40)))
    expect(existsSync(join(stdout.trim(), 'config.json'))).toBe(true)
    expect(stderr).toContain(`Fetching ${EXPORT}: 6 files`)
    expect(stderr).toContain('onnx/encoder_model.onnx')
    expect(exitCode).toBeUndefined()
  })

  test('gives JSON and nothing else with --json', async () => {
    const {json, stderr} = await lingulu('pull', 'whisper-tiny.en', '--precision', 'q4', '--json')
    expect(json()).toEqual({name: 'whisper-tiny.en', path: join(cached(), 'snapshots', 'a'.repeat(40))})
    expect(stderr).toBe('')
    expect(existsSync(join(json().path, 'onnx/encoder_model.onnx'))).toBe(false)
    expect(existsSync(join(json().path, 'onnx/encoder_model_q4.onnx'))).toBe(true)
  })

  test('--offline only looks whether it is here', async () => {
    expect(await lingulu('pull', 'whisper-tiny.en', '--offline')).toMatchObject({exitCode: 5, stdout: ''})
    expect(hub.requests).toEqual([])
    await lingulu('pull', 'whisper-tiny.en')
    hub.requests.length = 0
    expect((await lingulu('pull', 'whisper-tiny.en', '--offline')).stdout.trim()).toContain(cached())
    expect(hub.requests).toEqual([])
  })

  test.each([
    [['whisper-tinny.en'], 5, 'Did you mean whisper-tiny.en'],
    [['no/such'], 5, 'does not exist'],
    [['whisper-tiny.en', '--precision', 'fp64'], 2, 'No such precision'],
    [['whisper-tiny.en', '--precision', 'fp16'], 5, 'It is there in fp32, q4'],
    [['./here'], 2, 'is a path'],
    [['a/b@x', '--revision', 'y'], 5, 'no such name'],
  ])('%j ends with exit code %i and says why', async (argv, code, text) => {
    const {exitCode, stderr, stdout} = await lingulu('pull', ...argv)
    expect(stderr).toContain(text)
    expect(exitCode).toBe(code)
    expect(stdout).toBe('')
  })
})

describe('lingulu models path', () => {
  test('prints the folder of what is here, and fails otherwise', async () => {
    const missing = await lingulu('path', 'whisper-tiny.en')
    expect(missing).toMatchObject({exitCode: 5, stdout: ''})
    expect(missing.stderr).toContain('lingulu models pull whisper-tiny.en')
    const {stdout} = await lingulu('pull', 'whisper-tiny.en')
    expect((await lingulu('path', 'openai/whisper-tiny.en')).stdout).toBe(stdout)
    expect((await lingulu('path', 'whisper-tiny.en', '--precision', 'q4')).exitCode).toBe(5)
  })
})

describe('lingulu models list', () => {
  test('shows the whole catalogue and what is here', async () => {
    await lingulu('pull', 'whisper-tiny.en')
    const {stdout} = await lingulu('list')
    for (const {name} of await loadCatalogue()) expect(stdout).toContain(name)
    expect(stdout.split('\n').find(line => line.startsWith('whisper-tiny.en '))).toContain('fp32')
    expect(stdout).not.toContain('Also on this machine')
  })

  test('shows models of both caches that the catalogue does not know, and no others', async () => {
    const cache = join(process.env.HF_HOME ?? '', 'hub')
    await writeModel(join(cache, 'models--some--ctc/snapshots/abc'), WAV2VEC2)
    await writeModel(join(cache, 'models--some--bert/snapshots/abc'), {
      'config.json': {model_type: 'bert'},
      'model.onnx': onnxBytes(),
    })
    await writeModel(join(cache, 'models--some--torch/snapshots/abc'), {
      ...WHISPER,
      'onnx/encoder_model.onnx': undefined,
    })
    const {json} = await lingulu('list', '--json')
    expect(json().others).toMatchObject([{id: 'some/ctc', kind: 'ctc', precisions: ['fp32'], cache: 'hugging-face'}])
    const {stdout} = await lingulu('list')
    expect(stdout).toContain('Also on this machine:\nsome/ctc  ctc')
  })
})

describe('lingulu models info', () => {
  test('describes a Whisper folder', async () => {
    const path = await writeModel(join(home, 'whisper'), WHISPER)
    const {stdout} = await lingulu('info', path)
    for (const line of [
      /kind +Whisper, multilingual/,
      /hears +80 mels/,
      /decoder +4 layers of 6 heads, width 384, merged layout/,
      /alignment +2\.2 3\.0/,
      /hash +[0-9a-f]{64}/,
      /precisions +fp32/,
      /onnx\/encoder_model\.onnx/,
    ])
      expect(stdout).toMatch(line)
  })

  test('describes a CTC folder, as JSON too', async () => {
    const path = await writeModel(join(home, 'ctc'), WAV2VEC2)
    expect((await lingulu('info', path)).stdout).toMatch(
      /kind +CTC\nhears +waveform, normalised\nstride +320\nvocabulary +7 tokens/,
    )
    const {json} = await lingulu('info', path, '--json')
    expect(json()).toMatchObject({
      state: 'installed',
      folder: {kind: 'ctc', special: [0, 1, 2, 3]},
      model: {source: 'folder'},
    })
  })

  test('describes a model that is not here from the hub, with the size of each precision', async () => {
    const {stdout} = await lingulu('info', 'whisper-tiny.en')
    expect(stdout).toMatch(/precisions +fp32 {2}\d+ B\n +q4 {2}10\.0 kB/)
    expect(stdout).toContain('made by')
    expect(hub.requests.length).toBe(1)
    expect((await lingulu('info', 'whisper-tiny.en', '--offline')).exitCode).toBe(5)
  })
})

describe('lingulu models remove', () => {
  test('removes with --yes, and frees the folder', async () => {
    await lingulu('pull', 'whisper-tiny.en')
    const {stdout} = await lingulu('remove', 'whisper-tiny.en', '--yes')
    expect(stdout).toContain(`Removed ${EXPORT}`)
    expect(existsSync(cached())).toBe(false)
  })

  test('does not remove without a terminal to ask on', async () => {
    await lingulu('pull', 'whisper-tiny.en')
    const {exitCode, stderr} = await lingulu('remove', 'whisper-tiny.en')
    expect(exitCode).toBe(2)
    expect(stderr).toContain('--yes')
    expect(existsSync(cached())).toBe(true)
  })

  test.each([
    ['whisper-tiny.en', 5],
    ['./x', 2],
    ['/etc', 2],
    ['../../x', 2],
    ['nonsense', 5],
  ])('%s, which is not in the cache, is refused', async (name, code) => {
    expect((await lingulu('remove', name, '--yes')).exitCode).toBe(code)
  })

  test('leaves Hugging Face’s cache alone', async () => {
    const path = await writeModel(join(process.env.HF_HOME ?? '', 'hub/models--some--ctc/snapshots/abc'), WAV2VEC2)
    const {exitCode, stderr} = await lingulu('remove', 'some/ctc', '--yes')
    expect(exitCode).toBe(2)
    expect(stderr).toContain('Hugging Face’s cache')
    expect(existsSync(join(path, 'config.json'))).toBe(true)
  })
})
