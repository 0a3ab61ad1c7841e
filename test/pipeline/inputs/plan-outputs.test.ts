import {mkdir, symlink, writeFile} from 'node:fs/promises'
import {dirname, join} from 'node:path'
import {describe, expect, test} from 'vitest'
import type {InputItem} from '../../../src/pipeline/inputs/input.js'
import {listInputs} from '../../../src/pipeline/inputs/list-inputs.js'
import {outputName} from '../../../src/pipeline/inputs/plan.js'
import {type PlanOptions, planOutputs} from '../../../src/pipeline/inputs/plan-outputs.js'
import {readTree, temporaryFolder} from '../transcripts/temporary-folder.js'

const item = (relativePath: string, other: Partial<InputItem> = {}): InputItem => ({
  path: `/audio/${relativePath}`,
  name: relativePath,
  relativePath,
  ...other,
})

async function plan(items: readonly InputItem[], options: Partial<PlanOptions> = {}, existing: readonly string[] = []) {
  const outputDir = options.outputDir ?? (await temporaryFolder())
  for (const file of existing) {
    await mkdir(join(outputDir, dirname(file)), {recursive: true})
    await writeFile(join(outputDir, file), 'there')
  }
  return planOutputs(items, {outputDir, formats: ['txt', 'srt'], onExists: 'error', outputName: 'stem', ...options})
}

const summary = async (...args: Parameters<typeof plan>) =>
  (await plan(...args)).jobs.map(({stem, formats, action}) => `${stem} ${formats.join('+')} ${action}`)

const collision = (message: RegExp, hint: RegExp) =>
  expect.objectContaining({
    code: 'OUTPUT_COLLISION',
    message: expect.stringMatching(message),
    hint: expect.stringMatching(hint),
  })

describe('outputs mirror the inputs', () => {
  const items = [
    item('a.wav'),
    item('deep/a.wav', {path: '/audio/x/deep/a.wav'}),
    item('no extension'),
    item('v1.5.mp3'),
  ]
  test.each([
    ['stem', ['a', 'deep/a', 'no extension', 'v1.5']],
    ['full', ['a.wav', 'deep/a.wav', 'no extension', 'v1.5.mp3']],
    ['path', ['a.wav', 'x/deep/a.wav', 'no extension', 'v1.5.mp3']],
  ] as const)('--output-name %s', async (outputName, stems) => {
    expect((await plan(items, {outputName})).jobs.map(({stem}) => stem)).toEqual(stems)
  })

  test('an id of a manifest is the name, whatever the mode', async () => {
    const items = [item('spk/utt.1', {id: 'spk/utt.1', path: '/audio/x.wav'})]
    for (const outputName of ['stem', 'full', 'path'] as const)
      expect(await summary(items, {outputName})).toEqual(['spk/utt.1 txt+srt transcribe'])
  })

  test('stdin has a name of its own', async () => {
    expect(await summary([item('stdin', {path: '-'})], {outputName: 'path'})).toEqual(['stdin txt+srt transcribe'])
  })

  test('nothing is made by planning', async () => {
    const folder = await temporaryFolder()
    await plan(items, {outputDir: join(folder, 'out')})
    expect(await readTree(folder)).toEqual({})
  })
})

describe('collisions are found before work starts, with the remedy', () => {
  test('the same stem', async () => {
    const planned = plan([item('a.wav'), item('b.wav'), item('a.mp3'), item('a.flac')])
    await expect(planned).rejects.toThrow(
      collision(/a\.wav and a\.mp3: a\.txt\n {2}a\.wav and a\.flac: a\.txt$/, /--output-name full/),
    )
    expect((await plan([item('a.wav'), item('a.mp3')], {outputName: 'full'})).jobs).toHaveLength(2)
  })

  test('the same place below different folders', async () => {
    const items = [item('a.wav', {path: '/one/a.wav'}), item('a.wav', {path: '/two/a.wav'})]
    await expect(plan(items)).rejects.toThrow(collision(/a\.txt/, /--output-name path/))
    expect(await summary(items, {outputName: 'path'})).toEqual([
      'one/a.wav txt+srt transcribe',
      'two/a.wav txt+srt transcribe',
    ])
  })

  test('names that differ in case or composition only, where the file system takes them for one', async () => {
    const items = [item('A.wav'), item('a.wav'), item('\u00e9.wav'), item('e\u0301.wav')]
    expect((await plan(items, {caseInsensitive: false})).jobs).toHaveLength(4)
    await expect(plan(items, {caseInsensitive: true})).rejects.toThrow(
      collision(/A\.wav and a\.wav/, /Rename the inputs/),
    )
  })

  test('an id and a name', async () => {
    const planned = plan([item('a.wav'), item('a', {id: 'a', path: '/audio/b.wav', name: 'b.wav'})])
    await expect(planned).rejects.toThrow(collision(/a\.wav and b\.wav \(id a\)/, /--output-name full/))
  })

  test('a channel and a name', async () => {
    const items = [item('call.wav', {channel: 'split'}), item('call.left.wav')]
    await expect(plan(items)).rejects.toThrow(
      collision(/a channel of call\.wav and call\.left\.wav: call\.left\.txt/, /full/),
    )
    expect((await plan([item('call.wav'), item('call.left.wav')], {splitChannels: true})).jobs).toHaveLength(2)
  })

  test('a file and a folder', async () => {
    await expect(plan([item('a.wav'), item('a.txt/b.wav')])).rejects.toThrow(
      collision(/a\.txt would be a file and a folder/, /full/),
    )
  })

  test('not where nothing is written', async () => {
    expect((await plan([item('a.wav'), item('a.mp3')], {formats: []})).jobs).toHaveLength(2)
  })

  test('many are counted', async () => {
    const items = Array.from({length: 50}, (_, index) => [item(`${index}.wav`), item(`${index}.mp3`)]).flat()
    await expect(plan(items)).rejects.toThrow(collision(/and 30 more$/, /full/))
  })
})

describe('outputs that are there already', () => {
  const items = [item('a.wav'), item('s/b.wav'), item('c.wav')]
  const existing = ['a.txt', 'a.srt', 's/b.txt', 'other.txt']

  test('error: all are listed', async () => {
    const refused = expect.objectContaining({
      code: 'OUTPUT_EXISTS',
      message: expect.stringMatching(/3 outputs.*\n {2}a\.txt\n {2}a\.srt\n {2}s\/b\.txt$/),
      hint: expect.stringContaining('--resume'),
    })
    await expect(plan(items, {}, existing)).rejects.toThrow(refused)
  })

  test.each([
    ['skip', ['a txt+srt skip', 's/b srt transcribe', 'c txt+srt transcribe']],
    ['overwrite', ['a txt+srt transcribe', 's/b txt+srt transcribe', 'c txt+srt transcribe']],
    ['rename', ['a.1 txt+srt transcribe', 's/b.1 txt+srt transcribe', 'c txt+srt transcribe']],
  ] as const)('%s', async (onExists, expected) => {
    expect(await summary(items, {onExists}, existing)).toEqual(expected)
  })

  test('rename takes no name that another input has or that is there', async () => {
    const items = [item('a.wav'), item('a.1.wav')]
    expect(await summary(items, {onExists: 'rename'}, ['a.txt', 'a.2.srt'])).toEqual([
      'a.3 txt+srt transcribe',
      'a.1 txt+srt transcribe',
    ])
  })

  test('of channels count as those of their recording', async () => {
    const split = {splitChannels: true}
    expect(await summary([item('a.wav')], {...split, onExists: 'skip'}, ['a.left.txt', 'a.left.srt'])).toEqual([
      'a txt+srt skip',
    ])
    expect(
      await summary([item('a.wav')], {...split, onExists: 'skip'}, ['a.left.txt', 'a.left.srt', 'a.right.txt']),
    ).toEqual(['a srt transcribe'])
    expect(await summary([item('a.wav')], {...split, onExists: 'rename'}, ['a.ch0.txt'])).toEqual([
      'a.1 txt+srt transcribe',
    ])
    await expect(plan([item('a.wav')], split, ['a.ch12.txt'])).rejects.toThrow(/a\.ch12\.txt/)
  })

  test('of an input that is split may bear no channel: it may be mono', async () => {
    const split = {splitChannels: true}
    await expect(plan([item('a.wav')], split, ['a.txt'])).rejects.toThrow(/a\.txt/)
    expect(await summary([item('a.wav')], {...split, onExists: 'skip'}, ['a.txt', 'a.srt'])).toEqual(['a txt+srt skip'])
    expect(await summary([item('a.wav')], {...split, onExists: 'skip'}, ['a.txt', 'a.srt', 'a.left.txt'])).toEqual([
      'a srt transcribe',
    ])
  })

  test('are listed: what will be written, or what is there', async () => {
    const outputs = async (...args: Parameters<typeof plan>) =>
      (await plan(...args)).jobs.flatMap(job => job.outputs.map(({path}) => path))
    expect(await outputs([item('a.wav'), item('b.wav', {channel: 'split'})])).toEqual([
      'a.txt',
      'a.srt',
      'b.*.txt',
      'b.*.srt',
    ])
    const there = ['a.left.txt', 'a.left.srt']
    expect(await outputs([item('a.wav')], {splitChannels: true, onExists: 'skip'}, there)).toEqual(there)
  })

  test('in another case are there, where the file system takes them for one', async () => {
    expect(await summary([item('a.wav')], {onExists: 'skip', caseInsensitive: true}, ['A.TXT', 'A.srt'])).toEqual([
      'a txt+srt skip',
    ])
    expect(await summary([item('a.wav')], {onExists: 'skip', caseInsensitive: false}, ['A.TXT', 'A.srt'])).toEqual([
      'a txt+srt transcribe',
    ])
  })
})

describe('an input is never written over', () => {
  test.each(['skip', 'overwrite', 'rename', 'error'] as const)('the manifest, with --on-exists %s', async onExists => {
    const folder = await temporaryFolder()
    await writeFile(join(folder, 'data.wav'), 'x')
    await writeFile(join(folder, 'data.csv'), 'audio\ndata.wav\n')
    const {items, manifests} = await listInputs([join(folder, 'data.csv')])
    const options = {outputDir: folder, formats: ['csv'], onExists, protectedPaths: manifests} as const
    await expect(plan(items, options)).rejects.toThrow(
      collision(/data\.csv: by the csv of .*data\.wav/, /--output-dir/),
    )
    expect((await plan(items, {...options, formats: ['txt']})).jobs).toHaveLength(1)
  })

  test('also if a link leads to it', async () => {
    const folder = await temporaryFolder()
    await mkdir(join(folder, 'in'))
    await writeFile(join(folder, 'in/a.txt'), 'x')
    await symlink('in', join(folder, 'out'))
    const {items} = await listInputs([join(folder, 'in/a.txt')])
    await expect(plan(items, {outputDir: join(folder, 'out'), onExists: 'overwrite'})).rejects.toThrow(
      collision(/replace inputs/, /./),
    )
  })
})

test('a link inside the output folder may not lead out of it', async () => {
  const folder = await temporaryFolder()
  await mkdir(join(folder, 'out/in'), {recursive: true})
  await mkdir(join(folder, 'elsewhere'))
  await symlink('../elsewhere', join(folder, 'out/s'))
  await symlink('in', join(folder, 'out/t'))
  const outputDir = join(folder, 'out')
  const refused = expect.objectContaining({
    code: 'USAGE',
    message: expect.stringMatching(/s\/deep is .*elsewhere\/deep$/),
  })
  await expect(plan([item('s/deep/a.wav')], {outputDir})).rejects.toThrow(refused)
  expect(await summary([item('t/a.wav')], {outputDir})).toEqual(['t/a txt+srt transcribe'])
})

test.each([
  [undefined, 'x/a.txt'],
  ['left', 'x/a.left.txt'],
  ['right', 'x/a.right.txt'],
  ['0', 'x/a.ch0.txt'],
])('channel %s names its output %s', (channel, name) => {
  expect(outputName('x/a', 'txt', channel)).toBe(name)
})

test('ten thousand inputs are planned in a moment', async () => {
  const items = Array.from({length: 10_000}, (_, index) => item(`${index % 100}/${index}.wav`))
  const started = performance.now()
  expect((await plan(items)).jobs).toHaveLength(10_000)
  expect(performance.now() - started).toBeLessThan(3000)
})
