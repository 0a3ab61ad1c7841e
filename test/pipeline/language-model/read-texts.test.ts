import {mkdir, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {gzipSync} from 'node:zlib'
import {describe, expect, test} from 'vitest'
import {readTexts, type TextSource} from '../../../src/pipeline/language-model/read-texts.js'
import {suiteFolder} from '../../support/lingulu.js'

const home = suiteFolder()

async function written(name: string, content: string | Uint8Array): Promise<string> {
  const path = join(home, name)
  await writeFile(path, content)
  return path
}

async function sentences(source: TextSource, reading: Parameters<typeof readTexts>[1]['reading'] = {}) {
  const found: string[] = []
  for await (const lines of readTexts(source, {reading})) found.push(...lines)
  return found.filter(line => line.trim() !== '')
}

async function* pieces(...chunks: Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* chunks
}

const TEXT = 'one two\nété\nthree'

describe('what is read as what', () => {
  test.each<[string, string | Uint8Array, string[]]>([
    ['text.txt', TEXT, ['one two', 'été', 'three']],
    ['with-mark.txt', `\ufeff${TEXT}`, ['one two', 'été', 'three']],
    ['by-content.txt', gzipSync(TEXT), ['one two', 'été', 'three']],
    ['text.gz', gzipSync(TEXT), ['one two', 'été', 'three']],
    ['empty.txt', '', []],
    ['no-ending', TEXT, ['one two', 'été', 'three']],
    [
      'rows.jsonl',
      '{"audio":"a.wav","text":"hello there"}\n{"audio":"b.wav","text":"again"}',
      ['hello there', 'again'],
    ],
    ['rows.csv', 'audio,text\na.wav,hello there\n', ['hello there']],
    ['84-121.trans.txt', '84-121-0000 GO DO\n84-121-0001 COME\n', ['GO DO', 'COME']],
    ['metadata.csv', 'LJ1|Dr. Who|Doctor Who\nLJ2|One|One\n', ['Doctor Who', 'One']],
  ])('%s', async (name, content, expected) => {
    await mkdir(join(home, 'kinds', name.replace(/\W/g, '-')), {recursive: true})
    expect(await sentences(await written(join('kinds', name.replace(/\W/g, '-'), name), content))).toEqual(expected)
  })

  test('stdin, cut anywhere', async () => {
    const bytes = Buffer.from(TEXT)
    for (let cut = 0; cut <= bytes.length; cut++) {
      const source = {name: 'stdin', bytes: pieces(bytes.subarray(0, cut), bytes.subarray(cut))}
      expect(await sentences(source)).toEqual(['one two', 'été', 'three'])
    }
  })

  test('columns make a data set of any file', async () => {
    const path = await written('list.tsv', 'path\tsentence\na.wav\thello\n')
    expect(await sentences(path, {layout: 'table', columns: {audio: 'path', text: 'sentence'}})).toEqual(['hello'])
  })
})

test.each<[string, string, string | Uint8Array | undefined, string, RegExp]>([
  ['a file that is not there', 'none.txt', undefined, 'INPUT_MISSING', /none\.txt cannot be read \(ENOENT\)/],
  ['a name that nothing has', 'no-such-thing', undefined, 'USAGE', /no-such-thing/],
  [
    'no UTF-8',
    'latin.txt',
    Buffer.from([0x61, 0x0a, 0xe9, 0x0a]),
    'MANIFEST_INVALID',
    /latin\.txt, after line 0: not UTF-8/,
  ],
  ['gzip cut short', 'cut.gz', gzipSync(TEXT).subarray(0, 20), 'MANIFEST_INVALID', /cannot be decompressed/],
  ['a packed manifest', 'm.jsonl.gz', gzipSync('{"text":"one two"}'), 'MANIFEST_INVALID', /m\.jsonl\.gz.*compressed/],
  ['a packed transcript', 'a.trans.txt.gz', gzipSync('1-2-3 ONE'), 'MANIFEST_INVALID', /trans\.txt\.gz.*compressed/],
  ['a table without texts', 'bad.csv', 'x,y\n1,2\n', 'MANIFEST_INVALID', /bad\.csv/],
])('%s is an error', async (_, name, content, code, message) => {
  const path = content === undefined ? join(home, name) : await written(name, content)
  await expect(sentences(path)).rejects.toMatchObject({code, message: expect.stringMatching(message)})
})
