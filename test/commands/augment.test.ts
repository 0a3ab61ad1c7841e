import {createHash} from 'node:crypto'
import {mkdir, readdir, readFile, rm, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {captureOutput} from '@oclif/test'
import {describe, expect, test} from 'vitest'
import Augment from '../../src/commands/augment.js'
import {readDataset} from '../../src/pipeline/datasets/read-dataset.js'
import {root, sample, suiteFolder} from '../support/lingulu.js'
import {samplesOf, writeWav} from '../support/speech.js'

const home = suiteFolder()
const SAMPLES = sample('manifest.csv')
const KINDS = ['--speed', '0.9,1.1', '--pitch', '-2,2', '--noise', 'pink', '--snr', '10,20']
const CHANGES = [...KINDS, '--seed', '5']

/** Runs the command as the shell would, and takes its exit code off the process. */
async function lingulu(...argv: string[]) {
  process.exitCode = undefined
  const {stdout, stderr, error} = await captureOutput(() => Augment.run(argv, {root}))
  const exitCode = process.exitCode ?? 0
  process.exitCode = undefined
  if (error !== undefined) throw error
  return {stdout, stderr, exitCode}
}

async function digests(folder: string): Promise<Record<string, string>> {
  const names = (await readdir(join(folder, 'audio'))).map(name => join('audio', name))
  const files = [...names, 'manifest.jsonl'].map(async name => {
    const hash = createHash('sha256').update(await readFile(join(folder, name)))
    return [name, hash.digest('hex')] as const
  })
  return Object.fromEntries(await Promise.all(files))
}

/** A data set of two recordings, with columns of its own. */
async function smallDataset(name: string): Promise<string> {
  const folder = join(home, name)
  await mkdir(folder, {recursive: true})
  const samples = await samplesOf(sample('garden.wav'))
  await writeWav(folder, 'one.wav', samples.subarray(0, 20_000))
  await writeWav(folder, 'two.wav', samples)
  const rows = [
    {id: 'a/ß 1', audio: 'one.wav', text: 'first, "quoted"', speaker: 's1', accent: 'north'},
    {id: 'part', audio: 'two.wav', offset: 0.5, duration: 1.25, text: 'second', speaker: 's2', accent: 'south'},
  ]
  await writeFile(join(folder, 'list.jsonl'), rows.map(row => `${JSON.stringify(row)}\n`).join(''))
  return join(folder, 'list.jsonl')
}

describe('copies', () => {
  test('keep every column, and say what they come from and what was done', async () => {
    const out = join(home, 'columns')
    const {stdout, stderr, exitCode} = await lingulu(await smallDataset('source'), '-o', out, ...CHANGES, '-n', '2')
    expect({stderr, exitCode}).toEqual({stderr: '', exitCode: 0})
    expect(stdout).toMatch(/columns\/manifest\.jsonl: 4 copies, 0\.00 h\n$/)
    const {utterances, problems} = await readDataset(join(out, 'manifest.jsonl'))
    expect(problems).toEqual([])
    expect(utterances.map(({id}) => id)).toEqual(['a/ß 1-aug1', 'a/ß 1-aug2', 'part-aug1', 'part-aug2'])
    expect(utterances[0]).toMatchObject({
      text: 'first, "quoted"',
      speaker: 's1',
      clip: undefined,
      columns: {accent: 'north', augmented_from: 'a/ß 1'},
    })
    // Both are 1.25 s long: one as a part of its recording.
    for (const {audio, columns, durationSeconds} of utterances) {
      const steps: {kind: string; factor?: number}[] = JSON.parse(columns.augmentation ?? '')
      expect(steps.map(({kind}) => kind)).toEqual(expect.arrayContaining(['speed', 'pitch', 'noise']))
      const samples = await samplesOf(audio ?? '')
      expect(samples.length / 16_000).toBeCloseTo(1.25 / (steps[0]?.factor ?? 0), 3)
      expect(samples.length / 16_000).toBe(durationSeconds)
    }
  })

  test('are the same whoever makes them, in WAV and in FLAC', async () => {
    const [one, two, flac] = [join(home, 'one'), join(home, 'two'), join(home, 'flac')]
    await lingulu(SAMPLES, '-o', one, ...CHANGES, '--workers', '1')
    await lingulu(SAMPLES, '-o', two, ...CHANGES, '--workers', '2', '--quiet')
    await lingulu(SAMPLES, '-o', flac, ...CHANGES, '--format', 'flac')
    expect(await digests(two)).toEqual(await digests(one))
    expect(await samplesOf(join(flac, 'audio/garden-aug1.flac'))).toEqual(
      await samplesOf(join(one, 'audio/garden-aug1.wav')),
    )
  })

  test('of another seed are others', async () => {
    const [one, two] = [join(home, 'seed5'), join(home, 'seed6')]
    const source = await smallDataset('seeds')
    await lingulu(source, '-o', one, ...CHANGES)
    await lingulu(source, '-o', two, ...KINDS, '--seed', '6')
    const others = new Set(Object.values(await digests(two)))
    expect(Object.values(await digests(one)).filter(hash => others.has(hash))).toEqual([])
  })
})

describe('an interrupted run', () => {
  test('goes on where it was, to the same end', async () => {
    const [whole, half] = [join(home, 'whole'), join(home, 'half')]
    await lingulu(SAMPLES, '-o', whole, ...CHANGES)
    await lingulu(SAMPLES, '-o', half, ...CHANGES)
    // As if it had been killed after three copies, in the midst of a line.
    const journal = join(half, '.lingulu-augment.jsonl')
    const lines = (await readFile(journal, 'utf8')).split('\n')
    await writeFile(journal, `${lines.slice(0, 4).join('\n')}\n{"type":"copy","id":"ga`)
    await rm(join(half, 'manifest.jsonl'))
    const {stdout, exitCode} = await lingulu(SAMPLES, '-o', half, ...CHANGES, '--resume', '--json')
    expect(exitCode).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({copies: 8, resumed: 3, failed: 0, failures: []})
    expect(await digests(half)).toEqual(await digests(whole))
  })

  test('is not gone on with by other settings', async () => {
    const out = join(home, 'other')
    const source = await smallDataset('settings')
    await lingulu(source, '-o', out, ...CHANGES)
    const {stderr, exitCode} = await lingulu(source, '-o', out, '--gain', '3', '--resume')
    expect(exitCode).toBe(2)
    expect(stderr).toMatch(/had another config, seed/)
  })
})

describe('what is there', () => {
  test('is never written over, but by --force what an earlier run has made', async () => {
    const out = join(home, 'there')
    const source = await smallDataset('force')
    await lingulu(source, '-o', out, '--gain', '-3')
    await writeFile(join(out, 'notes.txt'), 'mine')
    const before = await digests(out)
    const refused = await lingulu(source, '-o', out, '--gain', '-6')
    expect(refused).toMatchObject({exitCode: 2, stderr: expect.stringMatching(/--resume[\s\S]*--force/)})
    expect(await digests(out)).toEqual(before)
    expect((await lingulu(source, '-o', out, '--gain', '-6', '--force')).exitCode).toBe(0)
    expect(await digests(out)).not.toEqual(before)
    expect(await readFile(join(out, 'notes.txt'), 'utf8')).toBe('mine')
  })

  test('and of others is not touched even with --force', async () => {
    const out = join(home, 'foreign')
    await mkdir(out)
    await writeFile(join(out, 'notes.txt'), 'mine')
    const {exitCode, stderr} = await lingulu(SAMPLES, '-o', out, '--gain', '-3', '--force')
    expect({exitCode, stderr}).toEqual({exitCode: 2, stderr: expect.stringMatching(/not made by lingulu augment/)})
    expect((await readdir(out)).filter(name => name !== 'notes.txt')).toEqual([])
  })
})

test('bad recordings are left out and named, the others copied', async () => {
  const source = await smallDataset('bad')
  await writeFile(join(home, 'bad/broken.wav'), 'no sound')
  const rows = ['broken', 'missing'].map(id => `${JSON.stringify({id, audio: `${id}.wav`, text: 'x'})}\n`)
  await writeFile(source, (await readFile(source, 'utf8')) + rows.join(''))
  const out = join(home, 'without-bad')
  const {stdout, stderr, exitCode} = await lingulu(source, '-o', out, '--gain', '3')
  expect(exitCode).toBe(3)
  expect(stdout).toMatch(/2 copies, .*; 2 could not be copied/)
  expect(stderr).toMatch(/Note: Left out: .*missing\.wav/)
  expect(stderr).toMatch(/Failed: broken: .*broken\.wav/)
  const {utterances} = await readDataset(join(out, 'manifest.jsonl'))
  expect(utterances.map(({id}) => id)).toEqual(['a/ß 1-aug1', 'part-aug1'])
})

test('a copy that is too loud for a file is made softer, not cut off', async () => {
  const out = join(home, 'loud')
  await lingulu(await smallDataset('loudness'), '-o', out, '--gain', '40')
  const {utterances} = await readDataset(join(out, 'manifest.jsonl'))
  for (const {audio, columns} of utterances) {
    expect(JSON.parse(columns.augmentation ?? '')).toEqual([
      {kind: 'gain', decibels: 40},
      {kind: 'peak_limit', decibels: expect.any(Number)},
    ])
    const samples = await samplesOf(audio ?? '')
    expect(samples.filter(sample => Math.abs(sample) > 0.9999).length).toBeLessThan(3)
  }
})

test('the file of --config is taken, and options in place of its parts', async () => {
  const config = join(home, 'config.json')
  await writeFile(config, JSON.stringify({gain: {decibels: 2}, noise: {kinds: ['brown']}, spec_augment: {}}))
  const out = join(home, 'configured')
  const {stdout} = await lingulu(await smallDataset('config'), '-o', out, '--config', config, '--snr', '15', '--json')
  expect(JSON.parse(stdout).notes).toEqual([expect.stringMatching(/spec_augment is for features/)])
  const {utterances} = await readDataset(join(out, 'manifest.jsonl'))
  expect(JSON.parse(utterances[0]?.columns.augmentation ?? '')).toEqual([
    {kind: 'noise', noise: 'brown', snr_db: 15},
    {kind: 'gain', decibels: 2},
  ])
})

test.each<[string, string[], RegExp]>([
  ['nothing to do', [], /Nothing is to be done/],
  ['only what is for features', ['--config', 'SPEC'], /Nothing is to be done/],
  ['a range that is none', ['--speed', 'fast'], /--speed: "fast" is no range/],
  ['a range the wrong way round', ['--speed', '1.1,0.9'], /min is greater than max/],
  ['a factor too far', ['--speed', '9'], /speed/],
  ['an unknown codec', ['--codec', 'telephone,gsm'], /no codec "gsm"/],
  ['a ratio without noise', ['--snr', '5', '--gain', '1'], /--snr needs --noise/],
  ['a folder of noise that is not there', ['--noise', 'no-such-folder'], /no-such-folder: there is no such folder/],
  ['a configuration that is not there', ['--config', 'no-such-file.json'], /no-such-file\.json: cannot be read/],
])('%s is refused, and nothing is written', async (name, flags, message) => {
  const spec = join(home, 'spec.json')
  await writeFile(spec, '{"spec_augment": {}}')
  const out = join(home, `refused ${name}`)
  const {exitCode, stderr} = await lingulu(SAMPLES, '-o', out, ...flags.map(flag => (flag === 'SPEC' ? spec : flag)))
  expect([2, 3]).toContain(exitCode)
  expect(stderr).toMatch(message)
  await expect(readdir(out)).rejects.toThrow(/ENOENT/)
})
