import {mkdir, writeFile} from 'node:fs/promises'
import {dirname, join} from 'node:path'
import {describe, expect, test} from 'vitest'
import {checkDataset, withoutErrors} from '../../src/pipeline/datasets/dataset-problems.js'
import {describeDataset} from '../../src/pipeline/datasets/describe-dataset.js'
import {drawSubset} from '../../src/pipeline/datasets/draw-subset.js'
import {readDataset} from '../../src/pipeline/datasets/read-dataset.js'
import {writeManifest} from '../../src/pipeline/datasets/write-manifest.js'
import {LinguluError} from '../../src/pipeline/errors.js'
import {writeFiles} from '../pipeline/datasets/write-files.js'
import {seededRandom} from '../pipeline/transcripts/random-transcript.js'
import {temporaryFolder} from '../pipeline/transcripts/temporary-folder.js'

const SLOWEST_MILLISECONDS = 5000

/** Pieces that mean something to one of the readers. */
const TOKENS = [
  '"', ',', ';', '\t', ' ', '\n', '\r\n', '\r', '\0', '\ufeff', '\ud800', '|', '(', ')', '<', '>', ';;', '../', '/', '..', '-1', '1e999', 'NaN',
  '0x1', '{}', '[]', 'null', '{"audio":"a.wav"}', '__proto__', 'constructor', 'a.wav', 'file://', 'a.ark:1', '😀', 'x'.repeat(3000), '\x1a',
  'ignore_time_segment_in_scoring', 'u1', '\n\n\n',
] // biome-ignore format: a table

function mutate(content: Buffer, random: () => number): Buffer {
  let bytes = content
  const at = () => Math.floor(random() * (bytes.length + 1))
  for (let count = 1 + Math.floor(random() * 4); count > 0; count--) {
    const place = at()
    const length = Math.floor(random() ** 3 * 60)
    const token = Buffer.from(TOKENS[Math.floor(random() * TOKENS.length)] ?? '')
    const change = Math.floor(random() * 6)
    const [before, after] = [bytes.subarray(0, place), bytes.subarray(place)]
    if (change === 0) bytes = Buffer.concat([before, after.subarray(length)])
    else if (change === 1) bytes = Buffer.concat([before, token, after])
    else if (change === 2) bytes = Buffer.concat([before, token, after.subarray(token.length)])
    else if (change === 3) bytes = Buffer.concat([before, bytes.subarray(at()).subarray(0, length), after])
    else if (change === 4) bytes = before
    else bytes = Buffer.concat([before, Buffer.from([Math.floor(random() * 256)]), after.subarray(1)])
  }
  return bytes
}

type Seed = readonly [layout: string, files: Readonly<Record<string, string>>]

const SEEDS: readonly Seed[] = [
  [
    'table',
    {'m.csv': 'id,audio,text,speaker,start,end,channel\nu1,a.wav,"Hello, ""you""",s,0.5,2,left\nu2,b.wav,,s,,,\n'},
  ],
  ['common-voice', {'m.tsv': 'client_id\tpath\tsentence\tage\nc\ta.wav\tone "two"\t9\nd\tb.wav\tx\t\n'}],
  [
    'nemo',
    {
      'm.jsonl':
        '{"audio_filepath":"a.wav","duration":1.5,"text":"x é","lang":"en"}\n{"audio_filepath":"b.wav","offset":1,"duration":2,"text":"y"}\n',
    },
  ],
  ['audiofolder', {'metadata.csv': 'file_name,text\na.wav,one\nb.wav,two\n'}],
  [
    'stm',
    {'a.stm': ';; c\na 1 s 0 1.5 <o,f0,male> hello there\na 1 s 1.5 2 ignore_time_segment_in_scoring\nb B t 0 1 x\n'},
  ],
  ['trn', {'r.trn': 'hello (a)\nthere (b)\n'}],
  ['ljspeech', {'metadata.csv': 'a|In 1920|In nineteen twenty\nb|x|x\n'}],
  ['librispeech', {'1-2.trans.txt': 'a HELLO THERE\nb YOU\n', 'SPEAKERS.TXT': '1 | F | x | 2 | y\n'}],
  [
    'kaldi',
    {
      'wav.scp': 'r a.wav\ns b.wav\n',
      text: 'u1 hello\nu2 x y\n',
      segments: 'u1 r 0 1.5\nu2 s 1 -1 0\n',
      utt2spk: 'u1 k\nu2 k\n',
      spk2age: 'k 9\n',
    },
  ],
]

describe('1350 mutated data sets', () => {
  test.each(SEEDS)(
    '%s: read with its problems, or refused with a LinguluError',
    async (layout, files) => {
      const random = seededRandom([...layout].reduce((sum, letter) => sum * 31 + letter.charCodeAt(0), 7) % 100_000)
      const folder = await writeFiles({'a.wav': '', 'b.wav': '', 'wavs/a.wav': '', 'wavs/b.wav': ''})
      const out = await temporaryFolder()
      const outcomes = new Map<string, number>()
      for (let round = 0; round < 150; round++) {
        const mutated = Object.keys(files)[Math.floor(random() * Object.keys(files).length)]
        for (const [name, content] of Object.entries(files)) {
          const bytes = Buffer.from(content)
          await mkdir(dirname(join(folder, name)), {recursive: true})
          await writeFile(join(folder, name), name === mutated ? mutate(bytes, random) : bytes)
        }
        const started = performance.now()
        const path = layout === 'common-voice' ? join(folder, 'm.tsv') : folder
        const outcome = await use(path, round % 5 === 0 ? join(out, 'm.jsonl') : undefined).catch(error => {
          if (error instanceof LinguluError) return error.code
          throw error
        })
        expect(performance.now() - started).toBeLessThan(SLOWEST_MILLISECONDS)
        outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
      }
      expect([...outcomes.keys()]).toEqual(expect.arrayContaining(['accepted', 'MANIFEST_INVALID']))
    },
    300_000,
  )
})

/** Does with a data set all that does not decode it. What can be used must come back from a manifest as it is. */
async function use(path: string, manifest: string | undefined): Promise<string> {
  const dataset = await readDataset(path)
  for (const {line, message} of dataset.problems) {
    expect(line === undefined || line > 0).toBe(true)
    expect(message).not.toBe('')
  }
  await describeDataset(dataset)
  const usable = withoutErrors(dataset)
  expect(new Set(usable.map(({id}) => id)).size).toBe(usable.length)
  expect(drawSubset(usable, 1)).toHaveLength(Math.min(1, usable.length))
  if (manifest !== undefined && usable.length > 0) {
    await writeManifest(manifest, usable, {onExists: 'overwrite'})
    const again = await readDataset(manifest)
    const plain = (row: object) => ({...row, place: undefined})
    expect(again.utterances.map(plain)).toEqual(usable.map(plain))
  }
  checkDataset(dataset)
  return 'accepted'
}

test('150 files of random bytes under every name that means something', async () => {
  const random = seededRandom(5)
  const names = [
    'm.csv',
    'm.tsv',
    'm.jsonl',
    'metadata.csv',
    'metadata.jsonl',
    'wav.scp',
    'a.stm',
    'a.trn',
    '1-2.trans.txt',
  ]
  const folder = await writeFiles({'a.wav': ''})
  for (let round = 0; round < 150; round++) {
    const path = join(folder, names[round % names.length] ?? '')
    await writeFile(
      path,
      Buffer.from(Array.from({length: Math.floor(random() * 400)}, () => Math.floor(random() * 256))),
    )
    const dataset = await readDataset(path).catch(error => {
      if (error instanceof LinguluError) return undefined
      throw error
    })
    if (dataset !== undefined) expect(() => checkDataset(dataset)).toThrow(LinguluError)
  }
}, 300_000)
