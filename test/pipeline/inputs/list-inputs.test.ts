import {execFileSync} from 'node:child_process'
import {mkdir, symlink, writeFile} from 'node:fs/promises'
import {dirname, join} from 'node:path'
import {describe, expect, test} from 'vitest'
import {listInputs} from '../../../src/pipeline/inputs/list-inputs.js'
import {temporaryFolder} from '../transcripts/temporary-folder.js'

async function makeTree(...files: readonly string[]): Promise<string> {
  const folder = await temporaryFolder()
  for (const file of files) {
    await mkdir(join(folder, dirname(file)), {recursive: true})
    await writeFile(join(folder, file), 'x')
  }
  return folder
}

const list = async (cwd: string, ...inputs: readonly string[]) => {
  const {items, failures, skipped} = await listInputs(inputs, {cwd})
  return {
    names: items.map(({name}) => name),
    places: items.map(({relativePath}) => relativePath),
    failures: failures.map(({name, error}) => [name, error.code]),
    skipped,
  }
}

const TREE = [
  's/take10.wav',
  's/take2.WAV',
  's/deep/er/a.opus',
  's/notes.txt',
  's/.hidden.wav',
  's/.git/b.wav',
  'other.mp3',
]

test('a folder gives its audio files, folders in it included, in natural order; places are relative to it', async () => {
  expect(await list(await makeTree(...TREE), 's')).toEqual({
    names: ['s/deep/er/a.opus', 's/take2.WAV', 's/take10.wav'],
    places: ['deep/er/a.opus', 'take2.WAV', 'take10.wav'],
    failures: [],
    skipped: {notAudio: 1, hidden: 2, duplicates: []},
  })
})

test('the order of the arguments is kept, and what is named twice is listed once', async () => {
  const cwd = await makeTree(...TREE)
  const {names, places, skipped} = await list(cwd, 'other.mp3', 's/take10.wav', 's', join(cwd, 'other.mp3'))
  expect(names).toEqual(['other.mp3', 's/take10.wav', 's/deep/er/a.opus', 's/take2.WAV'])
  expect(places).toEqual(['other.mp3', 'take10.wav', 'deep/er/a.opus', 'take2.WAV'])
  expect(skipped.duplicates).toEqual(['s/take10.wav', join(cwd, 'other.mp3')])
})

describe('a glob', () => {
  test.each([
    ['s/*.wav', ['take10.wav'], 0],
    ['s/**/*', ['deep/er/a.opus', 'take2.WAV', 'take10.wav'], 1],
    ['**/*.{opus,mp3}', ['other.mp3', 's/deep/er/a.opus'], 0],
    ['s/*.txt', ['notes.txt'], 0],
    ['s/take?.WAV', ['take2.WAV'], 0],
  ])('%s', async (pattern, expected, notAudio) => {
    const cwd = await makeTree(...TREE)
    const {places, skipped} = await list(cwd, pattern)
    expect(places).toEqual(expected)
    expect(skipped.notAudio).toBe(notAudio)
    const absolute = await list('/', join(cwd, pattern))
    expect(absolute.places).toEqual(expected)
  })

  test('is a name first: brackets in a name need no escape', async () => {
    expect((await list(await makeTree('a[1].wav', 'a1.wav'), 'a[1].wav')).names).toEqual(['a[1].wav'])
  })

  test('finds a file once, however links lead to it', async () => {
    const cwd = await makeTree('s/a.wav')
    await symlink('..', join(cwd, 's/loop'))
    expect((await list(cwd, 's/**/*.wav')).places).toEqual(['a.wav'])
  })
})

describe('links in a folder', () => {
  test('to files and folders are followed, loops end, and each folder is listed once under its own place', async () => {
    const cwd = await makeTree('s/b/a.wav', 'outside/o.wav')
    await symlink('..', join(cwd, 's/b/up'))
    await symlink('b', join(cwd, 's/a-link-to-b'))
    await symlink('../outside', join(cwd, 's/z'))
    await symlink('../outside', join(cwd, 's/y'))
    await symlink('b/a.wav', join(cwd, 's/file.wav'))
    expect((await list(cwd, 's')).places).toEqual(['b/a.wav', 'file.wav', 'y/o.wav'])
  })

  test('that lead nowhere are failures if they are named as audio', async () => {
    const cwd = await makeTree('s/a.wav')
    await symlink('gone.wav', join(cwd, 's/b.wav'))
    await symlink('gone.txt', join(cwd, 's/b.txt'))
    expect(await list(cwd, 's')).toMatchObject({
      places: ['a.wav'],
      failures: [['s/b.wav', 'INPUT_MISSING']],
      skipped: {notAudio: 1},
    })
  })
})

test('a file that is named itself needs no extension of audio, and one that is missing fails alone', async () => {
  expect(await list(await makeTree('talk', 'a.wav'), 'talk', 'gone.wav', 'a.wav')).toMatchObject({
    names: ['talk', 'a.wav'],
    failures: [['gone.wav', 'INPUT_MISSING']],
  })
})

test('a pipe in a folder is passed over', async () => {
  const cwd = await makeTree('s/a.wav')
  execFileSync('mkfifo', [join(cwd, 's/pipe.wav')])
  expect(await list(cwd, 's')).toMatchObject({places: ['a.wav'], skipped: {notAudio: 1}})
})

test('- is stdin', async () => {
  const {items} = await listInputs(['-'])
  expect(items).toEqual([{path: '-', name: 'stdin', relativePath: 'stdin'}])
})

describe('what brings nothing is a usage error with the reason', () => {
  test.each([
    ['no input', [], /Nothing to transcribe/],
    ['an empty folder', ['empty'], /empty: no audio file/],
    ['a folder without audio', ['text'], /text: no audio file/],
    ['a glob that matches nothing', ['*.flac'], /\*\.flac: no audio file/],
  ])('%s', async (_, inputs, message) => {
    const cwd = await makeTree('text/a.txt', 'good.wav')
    await mkdir(join(cwd, 'empty'))
    const listed = list(cwd, ...(inputs.length > 0 ? ['good.wav', ...inputs] : []))
    await expect(listed).rejects.toThrow(
      expect.objectContaining({code: 'USAGE', message: expect.stringMatching(message)}),
    )
  })
})

describe('a manifest among the inputs', () => {
  test('gives its rows in their order, relative to its folder', async () => {
    const cwd = await makeTree('data/wav/b.wav', 'data/wav/a.wav', 'data/c.wav')
    await writeFile(
      join(cwd, 'data/list.csv'),
      'audio,text,language\nwav/b.wav,one,en\nwav/a.wav,,\nc.wav,"two, three",de\n',
    )
    const {items, manifests} = await listInputs(['data/list.csv'], {cwd})
    expect(items.map(({name, relativePath, text, language}) => [name, relativePath, text, language])).toEqual([
      ['data/wav/b.wav', 'wav/b.wav', 'one', 'en'],
      ['data/wav/a.wav', 'wav/a.wav', undefined, undefined],
      ['data/c.wav', 'c.wav', 'two, three', 'de'],
    ])
    expect(manifests).toEqual([join(cwd, 'data/list.csv')])
  })

  test('whose recordings lie elsewhere places them below the folder they share', async () => {
    const cwd = await makeTree('x/one/a.wav', 'x/two/b.wav', 'lists/m.jsonl')
    await writeFile(
      join(cwd, 'lists/m.jsonl'),
      '{"audio_filepath":"../x/one/a.wav"}\n{"audio_filepath":"../x/two/b.wav"}',
    )
    expect((await list(cwd, 'lists/m.jsonl')).places).toEqual(['one/a.wav', 'two/b.wav'])
  })

  test('reports recordings that are missing with their line, and goes on', async () => {
    const cwd = await makeTree('a.wav')
    await writeFile(join(cwd, 'm.tsv'), 'id\tpath\nx\ta.wav\ny\tgone.wav\nz\t.\n')
    const {items, failures} = await listInputs(['m.tsv'], {cwd})
    expect(items.map(({id}) => id)).toEqual(['x'])
    expect(failures.map(({id, name, error}) => [id, name, error.code, error.message.includes('m.tsv, line')])).toEqual([
      ['y', 'gone.wav', 'INPUT_MISSING', true],
      ['z', '.', 'AUDIO_UNREADABLE', true],
    ])
  })

  test('of any name is one with --manifest', async () => {
    const cwd = await makeTree('a.wav')
    await writeFile(join(cwd, 'nemo.json'), '{"audio_filepath": "a.wav", "duration": 3.5, "text": "hi"}\n')
    const {items} = await listInputs([], {cwd, manifests: ['nemo.json']})
    expect(items).toMatchObject([{name: 'a.wav', text: 'hi', clip: undefined}])
  })

  test('may cut parts and channels out of one recording, each with a place of its own', async () => {
    const cwd = await makeTree('a.wav')
    const rows = [
      '{"audio":"a.wav","offset":0,"duration":1.5}',
      '{"audio":"a.wav","offset":12.5}',
      '{"audio":"a.wav","channel":"left"}',
    ]
    await writeFile(join(cwd, 'm.jsonl'), rows.join('\n'))
    const {items} = await listInputs(['m.jsonl'], {cwd})
    expect(items.map(({relativePath, clip, channel}) => [relativePath, clip, channel])).toEqual([
      ['a.0.wav', {offsetSeconds: 0, durationSeconds: 1.5}, undefined],
      ['a.12500.wav', {offsetSeconds: 12.5, durationSeconds: undefined}, undefined],
      ['a.left.wav', undefined, 'left'],
    ])
  })
})
