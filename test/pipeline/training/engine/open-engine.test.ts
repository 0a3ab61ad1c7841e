import {mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {pathToFileURL} from 'node:url'
import {afterAll, describe, expect, test} from 'vitest'
import type {EngineName} from '../../../../src/pipeline/training/engine/engine-names.js'
import {type EngineProbe, probeEngine} from '../../../../src/pipeline/training/engine/engine-probe.js'
import {chooseEngine, openTrainingEngine} from '../../../../src/pipeline/training/engine/open-engine.js'
import {engineOptions} from '../../../support/training-models.js'

const folder = mkdtempSync(join(tmpdir(), 'engines-'))
afterAll(() => rmSync(folder, {recursive: true, force: true}))

const probeOf =
  (...working: EngineName[]) =>
  async (engine: EngineName): Promise<EngineProbe> =>
    working.includes(engine)
      ? {engine, available: true, milliseconds: 1, loss: 1}
      : {engine, available: false, reason: `no ${engine}`, fix: `get ${engine}`}

describe('--engine auto', () => {
  test.each([
    [['tfjs-node-gpu', 'ort-cuda'], 'tfjs-node-gpu', []],
    [['ort-cuda', 'ort-webgpu'], 'ort-cuda', ['tfjs-node-gpu']],
    [['ort-webgpu'], 'ort-webgpu', ['tfjs-node-gpu', 'ort-cuda']],
    [['tfjs-node'], 'ort-cpu', ['tfjs-node-gpu', 'ort-cuda', 'ort-webgpu']],
  ] as const)('where %j work takes %s and says why not %j', async (working, wanted, rejected) => {
    const choice = await chooseEngine('auto', {probe: probeOf(...working), env: {}})
    expect(choice).toEqual({
      engine: wanted,
      rejected: rejected.map(engine => ({engine, available: false, reason: `no ${engine}`, fix: `get ${engine}`})),
    })
  })

  test.each([{VK_ICD_FILENAMES: '/x/vk_swiftshader_icd.json'}, {VK_DRIVER_FILES: '/x/lvp_icd.x86_64.json'}])(
    'takes no GPU that is none: %j',
    async env => {
      const {engine, rejected} = await chooseEngine('auto', {probe: probeOf('ort-webgpu'), env})
      expect(engine).toBe('ort-cpu')
      expect(rejected.at(-1)).toMatchObject({engine: 'ort-webgpu', reason: expect.stringContaining('software')})
    },
  )
})

test('an engine that is asked for by name is used or fails with the reason and the fix', async () => {
  expect(await chooseEngine('tfjs-node', {probe: probeOf('tfjs-node')})).toEqual({engine: 'tfjs-node', rejected: []})
  await expect(chooseEngine('ort-cuda', {probe: probeOf('ort-webgpu')})).rejects.toMatchObject({
    code: 'PROVIDER_UNAVAILABLE',
    message: '--engine ort-cuda does not work here: no ort-cuda',
    hint: 'get ort-cuda',
  })
})

test('what is chosen is opened', async () => {
  const {engine, choice} = await openTrainingEngine(ops => ops.parameter('x', [1]), {
    ...engineOptions,
    engine: 'tfjs-wasm',
    probe: probeOf('tfjs-wasm'),
  })
  expect([engine.name, choice.engine]).toEqual(['tfjs-wasm', 'tfjs-wasm'])
  await engine.close()
})

describe('a probe', () => {
  test.each(['ort-cpu', 'tfjs-wasm', 'tfjs-cpu'] as const)('of %s takes real steps', async engine => {
    const probe = await probeEngine(engine)
    expect(probe).toMatchObject({engine, available: true})
    expect(probe.available && probe.milliseconds).toBeGreaterThan(0)
  })

  test('of what is not installed needs no process', async () => {
    const probe = await probeEngine('tfjs-node-gpu', {
      env: {LINGULU_TFJS: folder},
      entry: pathToFileURL('/no/such/entry.mjs'),
    })
    expect(probe).toMatchObject({available: false, fix: 'lingulu setup train-gpu'})
  })

  test.each([
    ['crashes', 'process.kill(process.pid, "SIGSEGV")', /ended by SIGSEGV/],
    [
      'computes nonsense',
      'process.send({type: "answer", answer: {right: false, losses: [1, 2]}})',
      /^computes wrong losses: 1, 2$/,
    ],
    [
      'throws',
      'process.send({type: "failed", error: {code: "BUG", message: "ort-cpu: no good", stack: ""}})',
      /^no good$/,
    ],
    ['hangs', 'setInterval(() => {}, 1000)', /gives no answer in 1 s/],
  ])('of an engine that %s says so, and nobody is harmed', async (how, code, reason) => {
    const entry = join(folder, `${how}.mjs`)
    writeFileSync(entry, `process.on('message', () => { ${code} })`)
    const probe = await probeEngine('ort-cpu', {entry: pathToFileURL(entry), timeoutSeconds: how === 'hangs' ? 1 : 30})
    expect(probe).toMatchObject({available: false, reason: expect.stringMatching(reason)})
  })

  test('ends with its signal', async () => {
    const signal = AbortSignal.abort(new Error('enough'))
    await expect(probeEngine('ort-cpu', {signal})).rejects.toThrow('enough')
  })
})
