import {existsSync} from 'node:fs'
import {mkdir, mkdtemp, readFile, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {captureOutput} from '@oclif/test'
import {afterAll, afterEach, beforeAll, beforeEach, describe, expect, test} from 'vitest'
import DatasetsList from '../../src/commands/datasets/list.js'
import DatasetsPrepare from '../../src/commands/datasets/prepare.js'
import DatasetsPull from '../../src/commands/datasets/pull.js'
import DatasetsStats from '../../src/commands/datasets/stats.js'
import DatasetsVerify from '../../src/commands/datasets/verify.js'
import {silentWav} from '../pipeline/datasets/make-archive.js'
import {PATH, tinyArchive, tinyEntry} from '../pipeline/datasets/tiny-dataset.js'
import {FakeHub} from '../pipeline/models/fake-hub.js'
import {finished, root} from '../support/lingulu.js'

const COMMANDS = {
  list: DatasetsList,
  pull: DatasetsPull,
  prepare: DatasetsPrepare,
  verify: DatasetsVerify,
  stats: DatasetsStats,
} as const

let hub: FakeHub
let home: string
let archive: Buffer
const before = {...process.env}

beforeAll(async () => {
  archive = await tinyArchive()
})
beforeEach(async () => {
  hub = new FakeHub()
  await hub.start()
  home = await mkdtemp(join(tmpdir(), 'lingulu-datasets-'))
  const catalogue = join(home, 'catalog.json')
  await writeFile(catalogue, JSON.stringify({datasets: [tinyEntry(hub, archive)]}))
  Object.assign(process.env, {LINGULU_CACHE: join(home, 'cache'), LINGULU_DATASETS: catalogue})
})
afterEach(async () => {
  await hub.stop()
  await rm(home, {recursive: true, force: true})
})
afterAll(() => {
  for (const name of ['LINGULU_CACHE', 'LINGULU_DATASETS']) {
    if (before[name] === undefined) delete process.env[name]
    else process.env[name] = before[name]
  }
})

async function lingulu(command: keyof typeof COMMANDS, ...argv: readonly string[]) {
  const exitCode = process.exitCode
  process.exitCode = undefined
  const {stdout, stderr, error} = await captureOutput<unknown>(() =>
    (COMMANDS[command] as typeof DatasetsList).run([...argv], {root}),
  )
  const code = Number(process.exitCode ?? 0)
  process.exitCode = exitCode
  if (error) throw error
  return finished(stdout, stderr, code)
}

const cached = () => join(home, 'cache/datasets/tiny')

describe('lingulu datasets list', () => {
  test('shows the catalogue of the package', async () => {
    delete process.env.LINGULU_DATASETS
    const {stdout} = await lingulu('list')
    const line = stdout.split('\n').find(text => text.startsWith('librispeech-test-clean'))
    expect(line).toMatch(/5\.4 +2,620 +347 MB +CC-BY-4\.0/)
    expect(stdout).toMatch(/common-voice.*by hand/)
  })

  test('shows what is here', async () => {
    expect((await lingulu('list')).stdout).not.toContain('yes')
    await lingulu('pull', 'tiny')
    expect((await lingulu('list')).stdout).toMatch(/tiny .*yes/)
    expect((await lingulu('list', '--json')).json()).toMatchObject({
      datasets: [{name: 'tiny', path: cached(), bytes: archive.length, utterances: 3, hours: null, parts: ['tiny']}],
    })
  })
})

describe('lingulu datasets pull', () => {
  test('prints the folder on stdout, and what it does and whose it is on stderr', async () => {
    const {stdout, stderr, exitCode} = await lingulu('pull', 'tiny-alias')
    expect(exitCode).toBe(0)
    expect(stdout).toBe(`${cached()}\n`)
    expect(stderr).toContain('Licence: CC0-1.0. Nobody. https://example.org/tiny')
    expect(stderr).toContain('3 utterances')
  })

  test('--json prints one document and nothing else', async () => {
    const {json, stderr} = await lingulu('pull', 'tiny', '--json')
    expect(stderr).toBe('')
    expect(json()).toEqual({
      name: 'tiny',
      path: cached(),
      manifests: {all: join(cached(), 'manifest.jsonl')},
      licence: 'CC0-1.0',
      attribution: 'Nobody',
      wasHere: false,
    })
  })

  test('--to takes another folder', async () => {
    const to = join(home, 'data')
    expect((await lingulu('pull', 'tiny', '--to', to)).stdout).toBe(`${to}\n`)
    expect(existsSync(join(to, 'manifest.jsonl'))).toBe(true)
  })

  test.each([
    [['tinny'], 2, 'Did you mean tiny?'],
    [['tiny', '--offline'], 5, 'is not on this machine'],
    [[], 2, 'name'],
  ])('%j ends with exit code %i and says why', async (argv, code, text) => {
    const {exitCode, stderr, stdout} = await lingulu('pull', ...argv)
    expect({exitCode, stdout}).toEqual({exitCode: code, stdout: ''})
    expect(stderr).toContain(text)
    expect(hub.requests).toEqual([])
  })

  test('of a server that has lost it ends with exit code 5', async () => {
    hub.fail(PATH, {type: 'status', status: 404})
    const {exitCode, stderr} = await lingulu('pull', 'tiny')
    expect(exitCode).toBe(5)
    expect(stderr).toContain('404')
  })
})

describe('lingulu datasets prepare', () => {
  test('writes a manifest of a data set by its name, and of a part of it', async () => {
    await lingulu('pull', 'tiny')
    const to = join(home, 'all.csv')
    expect((await lingulu('prepare', 'tiny', '--to', to)).stdout).toContain('3 utterances')
    expect((await readFile(to, 'utf8')).split('\n')).toHaveLength(5)
    const part = await lingulu('prepare', 'tiny', '--to', join(home, 'two.jsonl'), '--subset', '2', '--json')
    expect(part.json()).toMatchObject({manifest: join(home, 'two.jsonl'), utterances: 2, available: 3, problems: []})
    expect((await lingulu('stats', join(home, 'two.jsonl'), '--json')).json()).toMatchObject({
      utterances: 2,
      speakers: 2,
    })
  })

  test('takes columns by other names', async () => {
    await writeFile(join(home, 'a.wav'), silentWav(1600))
    await writeFile(join(home, 'calls.tsv'), 'file\tsaid\na.wav\tgood day\n')
    const to = join(home, 'm.jsonl')
    await lingulu('prepare', join(home, 'calls.tsv'), '--columns', 'audio=file,text=said', '--to', to)
    expect(JSON.parse(await readFile(to, 'utf8'))).toMatchObject({audio: 'a.wav', text: 'good day'})
  })

  test('does not write over a file unless --force says so', async () => {
    await lingulu('pull', 'tiny')
    const to = join(home, 'mine.csv')
    await writeFile(to, 'precious')
    const {exitCode, stderr} = await lingulu('prepare', 'tiny', '--to', to)
    expect(exitCode).toBe(2)
    expect(stderr).toContain('there already')
    expect(await readFile(to, 'utf8')).toBe('precious')
    expect((await lingulu('prepare', 'tiny', '--to', to, '--force')).exitCode).toBe(0)
    expect(await readFile(to, 'utf8')).toContain('A QUIET MORNING')
  })

  test('tells all errors of a data set; with --skip-invalid it leaves those utterances out', async () => {
    await writeFile(join(home, 'a.wav'), silentWav(1600))
    const from = join(home, 'list.csv')
    await writeFile(from, 'audio,text\na.wav,yes\nb.wav,no\nc.wav,never\n')
    const to = join(home, 'out.csv')
    const {exitCode, stderr} = await lingulu('prepare', from, '--to', to)
    expect(exitCode).toBe(2)
    expect(stderr).toContain('line 3')
    expect(stderr).toContain('line 4')
    expect(existsSync(to)).toBe(false)
    const skipped = await lingulu('prepare', from, '--to', to, '--skip-invalid', '--json')
    expect(skipped.json()).toMatchObject({utterances: 1, available: 3, skipped: 2})
    expect(await readFile(to, 'utf8')).not.toContain('never')
  })

  test('writes no manifest where --skip-invalid leaves nothing', async () => {
    const from = join(home, 'list.csv')
    await writeFile(from, 'audio,text\ngone.wav,yes\n')
    const to = join(home, 'out.csv')
    await writeFile(to, 'precious')
    const {exitCode, stderr} = await lingulu('prepare', from, '--to', to, '--skip-invalid', '--force')
    expect(exitCode).toBe(2)
    expect(stderr).toContain('line 2')
    expect(stderr).toContain('Not one utterance can be used')
    expect(await readFile(to, 'utf8')).toBe('precious')
  })
})

describe('lingulu datasets verify', () => {
  test('of a good data set ends with 0', async () => {
    await lingulu('pull', 'tiny')
    // Its recordings are wav files in disguise, and of a tenth of a second.
    const {stdout, exitCode} = await lingulu('verify', 'tiny')
    expect(stdout).toContain('tiny: 3 utterances in 3 recordings')
    expect(exitCode).toBe(0)
  })

  test('of one with errors tells each by file and line, and ends with 3', async () => {
    await writeFile(join(home, 'a.wav'), silentWav(16_000))
    await writeFile(join(home, 'bad.wav'), 'no sound')
    const list = join(home, 'list.csv')
    await writeFile(list, 'audio,text\na.wav,yes\nbad.wav,no\ngone.wav,never\n')
    const {stdout, exitCode} = await lingulu('verify', list)
    expect(exitCode).toBe(3)
    expect(stdout).toMatch(/error: .*list\.csv, line 3: /)
    expect(stdout).toMatch(/error: .*list\.csv, line 4: /)
    const {json} = await lingulu('verify', list, '--json')
    expect(json()).toMatchObject({utterances: 3, errors: 2, recordings: 2, seconds: 1})
  })

  test('of nothing says so', async () => {
    await mkdir(join(home, 'empty'))
    expect((await lingulu('verify', join(home, 'empty'))).exitCode).toBe(2)
    expect((await lingulu('verify', join(home, 'nowhere.csv'))).stderr).toContain('no such file or folder')
  })
})

describe('lingulu datasets stats', () => {
  test('counts, and reads the lengths that are not told', async () => {
    await lingulu('pull', 'tiny')
    const {stdout} = await lingulu('stats', 'tiny')
    expect(stdout).toMatch(/utterances +3\n/)
    expect(stdout).toMatch(/words +10, 10 different/)
    expect(stdout).toMatch(/length +0\.3 s/)
    expect((await lingulu('stats', 'tiny', '--no-durations')).stdout).toMatch(/length +not told/)
    expect((await lingulu('stats', 'tiny', '--json')).json()).toMatchObject({name: 'tiny', utterances: 3, speakers: 2})
  })
})
