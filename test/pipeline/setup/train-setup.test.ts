import {existsSync, mkdirSync, mkdtempSync, readFileSync, readlinkSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {dirname, join} from 'node:path'
import {afterEach, beforeEach, describe, expect, test} from 'vitest'
import {findLibtensorflow} from '../../../src/pipeline/setup/libtensorflow.js'
import {planTrainSetup, type SetupStep} from '../../../src/pipeline/setup/plan-train-setup.js'
import {runTrainSetup, type SetupEvent} from '../../../src/pipeline/setup/run-train-setup.js'
import {setupFix} from '../../../src/pipeline/setup/setup-fix.js'

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'setup-'))
})

afterEach(() => rmSync(folder, {recursive: true, force: true}))

function touch(...paths: string[]): void {
  for (const path of paths) {
    mkdirSync(dirname(join(folder, path)), {recursive: true})
    writeFileSync(join(folder, path), '')
  }
}

describe('a TensorFlow library', () => {
  test.each([
    ['TensorFlow’s own archive', '', 'lib', 'libtensorflow.so.2'],
    ['an unpacked wheel', 'tensorflow', '', 'libtensorflow_cc.so.2'],
    ['the folder in a wheel', '', '', 'libtensorflow_cc.so.2'],
  ])('is found in %s', async (_, base, lib, library) => {
    touch(
      join(base, 'include/tensorflow/c/c_api.h'),
      join(base, 'include/tensorflow/c/eager/c_api.h'),
      join(base, lib, library),
      join(base, lib, 'libtensorflow_framework.so.2'),
    )
    expect(await findLibtensorflow(folder)).toEqual({
      include: join(folder, base, 'include'),
      folder: join(folder, base, lib),
      library: join(folder, base, lib, library),
      framework: join(folder, base, lib, 'libtensorflow_framework.so.2'),
    })
  })

  test.each([
    ['has no include/tensorflow/c/c_api.h', []],
    [
      'has no libtensorflow.so.2 and libtensorflow_framework.so.2',
      ['include/tensorflow/c/c_api.h', 'include/tensorflow/c/eager/c_api.h', 'lib/libtensorflow.so.2'],
    ],
  ])('that %s is refused', async (complaint, files) => {
    touch(...files)
    await expect(findLibtensorflow(folder)).rejects.toMatchObject({
      code: 'USAGE',
      message: `${folder} ${complaint}.`,
    })
  })
})

describe('the plan', () => {
  const commands = (steps: readonly SetupStep[]) =>
    steps.flatMap(step => (step.type === 'run' ? [step.args.join(' ')] : []))

  test.each([
    ['tfjs-node-gpu', ['@tensorflow/tfjs-node-gpu@'], 'scripts/install.js gpu'],
    ['tfjs-node', ['@tensorflow/tfjs-node@'], 'scripts/install.js'],
    [
      'tfjs-wasm',
      ['@tensorflow/tfjs-core@', '@tensorflow/tfjs-backend-wasm@', '@tensorflow/tfjs-backend-cpu@'],
      undefined,
    ],
  ] as const)('for %s fetches %j and runs %s', (engine, packages, script) => {
    const [install = '', ...others] = commands(planTrainSetup({engine, folder: '/f', env: {}}).steps)
    for (const name of packages) expect(install).toContain(name)
    expect(install).toContain('--ignore-scripts')
    expect(others).toEqual(script === undefined ? [] : [script])
  })

  const libtensorflow = {include: '/t/include', folder: '/t/lib', library: '/t/lib/a', framework: '/t/lib/b'}

  test('with a library that is there downloads none, and loads it from where it lies', () => {
    const options = {engine: 'tfjs-node', folder: '/f', env: {}, platform: 'linux', libtensorflow} as const
    const {steps} = planTrainSetup(options)
    expect(steps.flatMap(step => (step.type === 'link' ? [step.target] : []))).toEqual([
      '/t/include',
      '/t/lib/a',
      '/t/lib/b',
    ])
    const last = steps.at(-1)
    expect(last).toMatchObject({type: 'run', env: {LDFLAGS: '-Wl,-rpath,/t/lib'}})
    expect(commands(steps).join()).not.toContain('scripts/install.js')
  })

  test.each([
    ['tfjs-node', 'darwin'],
    ['tfjs-wasm', 'linux'],
  ] as const)('refuses a library for %s on %s', (engine, platform) => {
    expect(() => planTrainSetup({engine, folder: '/f', platform, libtensorflow})).toThrow(/--libtensorflow/)
  })
})

describe('the setup', () => {
  const run = async (steps: readonly SetupStep[], signal?: AbortSignal) => {
    const events: SetupEvent[] = []
    for await (const event of runTrainSetup({engine: 'tfjs-wasm', folder, steps}, {signal})) events.push(event)
    return events
  }
  const node = (code: string): SetupStep => ({
    type: 'run',
    what: 'try something (hard)',
    program: process.execPath,
    args: ['-e', code],
    cwd: folder,
    env: {GREETING: 'hello'},
  })

  test('takes the steps and then trains with what is there', async () => {
    touch('target')
    const file = {type: 'file', what: 'write', path: join(folder, 'a', 'file'), text: 'new'} as const
    const link = {type: 'link', what: 'link', path: join(folder, 'a', 'link'), target: join(folder, 'target')} as const
    const events = await run([
      file,
      {...file, text: 'newer'},
      link,
      link,
      node('fs.writeFileSync("said", process.env.GREETING)'),
    ])
    expect(readFileSync(file.path, 'utf8'), 'what is there stays').toBe('new')
    expect(readlinkSync(link.path)).toBe(link.target)
    expect(readFileSync(join(folder, 'said'), 'utf8')).toBe('hello')
    expect(events.map(event => event.type)).toEqual([...new Array(6).fill('step'), 'done'])
    expect(events.at(-1)).toMatchObject({engine: {engine: 'tfjs-wasm', available: true}})
  })

  test.each([
    ['fails', 'console.log("one"); console.error("getaddrinfo ENOTFOUND storage.googleapis.com"); process.exit(1)'],
    ['hides its failure', 'console.log("node-pre-gyp install failed with error: storage.googleapis.com")'],
  ])('stops at a step that %s, with its last words and the remedy', async (_, code) => {
    await expect(run([node(code), node('fs.writeFileSync("later", "")')])).rejects.toMatchObject({
      code: 'PROVIDER_UNAVAILABLE',
      message: expect.stringMatching(/^Could not try something:\n[\s\S]*storage\.googleapis\.com/),
      hint: expect.stringContaining('--libtensorflow'),
    })
    expect(existsSync(join(folder, 'later'))).toBe(false)
  })

  test('ends with its signal', async () => {
    const controller = new AbortController()
    const reason = new Error('enough')
    setTimeout(() => controller.abort(reason), 300)
    await expect(run([node('setInterval(() => {}, 1000)')], controller.signal)).rejects.toBe(reason)
  })
})

test.each([
  ['request to https://storage.googleapis.com/x failed', /--libtensorflow/],
  ['gyp ERR! stack Error: not found: make', /build-essential/],
  ['request to https://nodejs.org/download failed, reason: connect ENETUNREACH', /npm_config_nodedir/],
  ['spawn npm ENOENT', /Install npm/],
  ['EACCES: permission denied, mkdir', /LINGULU_TFJS/],
  ['npm error code ENOTFOUND', /npm registry/],
  ['who knows', /--dry-run/],
])('%s: the remedy is %s', (words, fix) => expect(setupFix(words)).toMatch(fix))
