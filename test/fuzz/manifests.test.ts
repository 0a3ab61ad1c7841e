import {readFile, writeFile} from 'node:fs/promises'
import {join, resolve} from 'node:path'
import {describe, expect, test} from 'vitest'
import {LinguluError} from '../../src/pipeline/errors.js'
import {listInputs} from '../../src/pipeline/inputs/list-inputs.js'
import {planOutputs} from '../../src/pipeline/inputs/plan-outputs.js'
import {JOURNAL_NAME, readJournal, readResults} from '../../src/pipeline/transcripts/read-journal.js'
import {identity, runFakeBatch} from '../pipeline/transcripts/fake-batch.js'
import {seededRandom} from '../pipeline/transcripts/random-transcript.js'
import {temporaryFolder} from '../pipeline/transcripts/temporary-folder.js'

const SLOWEST_MILLISECONDS = 5000

/** Pieces that mean something to one of the parsers. */
const TOKENS = [
  '"', '""', ',', ';', '\t', '\n', '\r\n', '\r', '\\', '\0', '\ufeff', '\ud800', '{', '}', '[', ']', ':', 'null', 'true', '-1', '1e999', '../',
  '/', '..', 'audio', 'id', '__proto__', 'constructor', 'toString', '{"audio":"a.wav"}', '😀', 'NaN', '0'.repeat(400), 'x'.repeat(3000),
  '"type":"done"', '"key":', '"stem":"../../x"', '\x1a', '[[[[[[[['.repeat(50),
] // biome-ignore format: a table

function mutate(content: Buffer, random: () => number): Buffer {
  let bytes = content
  const at = () => Math.floor(random() * (bytes.length + 1))
  for (let count = 1 + Math.floor(random() * 4); count > 0; count--) {
    const place = at()
    const length = Math.floor(random() ** 3 * 200)
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

/** Does the work; gives the code of the `LinguluError` that it ended with, if any. */
async function outcomeOf(work: () => Promise<unknown>): Promise<string> {
  const started = performance.now()
  const outcome = await work().then(
    () => 'accepted',
    error => {
      if (error instanceof LinguluError) return error.code
      throw error
    },
  )
  expect(performance.now() - started).toBeLessThan(SLOWEST_MILLISECONDS)
  return outcome
}

const MANIFESTS = [
  [
    'm.csv',
    'audio,id,text,language,offset,duration,channel\na.wav,u1,"Hello, ""you""",en,0.5,2,left\nb.wav,u2,,de,,,\nc.wav,sub/u3,"two\nlines",,,,split\n',
  ],
  ['m.tsv', '\ufeffpath\tsentence\r\na.wav\tone "two"\r\nb.wav\t"three"\r\n'],
  [
    'm.jsonl',
    '{"audio_filepath":"a.wav","duration":1.5,"text":"x \\u00e9"}\n{"audio":"b.wav","id":3,"meta":{"x":[1]}}\n\n{"file":"c.wav"}\n',
  ],
] as const

describe('2000 mutated manifests', () => {
  test.each(MANIFESTS)('%s: read, or refused with a LinguluError', async (name, content) => {
    const random = seededRandom(name.length * 7 + name.charCodeAt(2))
    const folder = await temporaryFolder()
    for (const file of ['a.wav', 'b.wav']) await writeFile(join(folder, file), 'x')
    const outcomes = new Map<string, number>()
    for (let round = 0; round < 700; round++) {
      const mutant = mutate(Buffer.from(content), random)
      await writeFile(join(folder, name), mutant)
      const outcome = await outcomeOf(async () => {
        const {items, manifests} = await listInputs([name], {cwd: folder})
        const outputDir = join(folder, 'out')
        const {jobs} = await planOutputs(items, {
          outputDir,
          formats: ['txt'],
          onExists: 'error',
          outputName: 'stem',
          protectedPaths: manifests,
        })
        for (const {stem} of jobs) expect(resolve(outputDir, stem).startsWith(`${outputDir}/`), stem).toBe(true)
      })
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
    }
    expect([...outcomes.keys()].sort()).toEqual(expect.arrayContaining(['MANIFEST_INVALID', 'accepted']))
  })
})

test('500 mutated journals: resumed, or refused with a LinguluError; outputs stay in their folder', async () => {
  const random = seededRandom(11)
  const folder = await temporaryFolder()
  for (const [index, file] of ['a.wav', 'b.wav', 'c.wav'].entries())
    await writeFile(join(folder, file), 'x'.repeat(index + 1))
  const outputDir = join(folder, 'out')
  await runFakeBatch({inputs: [folder], outputDir})
  const path = join(outputDir, JOURNAL_NAME)
  const journal = await readFile(path)
  const {items} = await listInputs([join(folder, '*.wav')])
  const options = {...identity.options, formats: ['json', 'srt', 'txt'], outputName: 'stem'}
  const resumable = {...identity, options}
  const outcomes = new Set<string>()
  for (let round = 0; round < 500; round++) {
    await writeFile(path, mutate(journal, random))
    const outcome = await outcomeOf(async () => {
      const state = await readJournal(outputDir, resumable)
      for (const entry of state?.done.values() ?? []) if (state) await readResults(state, entry)
      const {jobs} = await planOutputs(items, {
        outputDir,
        formats: ['txt', 'srt', 'json'],
        onExists: 'skip',
        outputName: 'stem',
        journal: state,
      })
      for (const {stem} of jobs) expect(resolve(outputDir, stem).startsWith(`${outputDir}/`), stem).toBe(true)
    })
    outcomes.add(outcome)
  }
  expect([...outcomes].sort()).toEqual(['JOURNAL_INVALID', 'accepted'])
})
