import {
  appendFile,
  copyFile,
  cp,
  mkdir,
  readFile,
  rename,
  rm,
  stat,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises'
import {join} from 'node:path'
import {describe, expect, test} from 'vitest'
import {JOURNAL_NAME} from '../../../src/pipeline/transcripts/read-journal.js'
import {type FakeBatch, identity, runFakeBatch} from './fake-batch.js'
import {readTree, temporaryFolder} from './temporary-folder.js'

async function makeInputs(count = 4): Promise<{input: string; out: string}> {
  const folder = await temporaryFolder()
  await mkdir(join(folder, 'in/deep'), {recursive: true})
  for (let index = 1; index <= count; index++)
    await writeFile(join(folder, index % 2 ? 'in' : 'in/deep', `take ${index}.wav`), 'x'.repeat(index))
  return {input: join(folder, 'in'), out: join(folder, 'out')}
}

async function readOutputs(out: string): Promise<Record<string, string>> {
  const {[JOURNAL_NAME]: _, ...outputs} = await readTree(out)
  return outputs
}

/** Runs the batch and gives the names of the files that were decoded. */
async function decodedBy(batch: FakeBatch): Promise<string[]> {
  const names: string[] = []
  await runFakeBatch({...batch, onDecode: name => void names.push(name.slice(name.lastIndexOf('/') + 1))})
  return names
}

const ALL = ['deep/take 2', 'deep/take 4', 'take 1', 'take 3'].flatMap(stem =>
  ['json', 'srt', 'txt'].map(format => `${stem}.${format}`),
)

test('a finished run, resumed, decodes nothing and gives its results again', async () => {
  const {input, out} = await makeInputs()
  const first = await runFakeBatch({inputs: [input], outputDir: out})
  expect(Object.keys(await readOutputs(out))).toEqual(ALL)
  const names: string[] = []
  const again = await runFakeBatch({
    inputs: [input],
    outputDir: out,
    resume: true,
    onDecode: name => void names.push(name),
  })
  expect(names).toEqual([])
  expect(again.plan.jobs.map(({action}) => action)).toEqual(['done', 'done', 'done', 'done'])
  expect(again.results).toEqual(JSON.parse(JSON.stringify(first.results.map(result => ({...result, resumed: true})))))
})

test('--resume where there is nothing to resume begins a run', async () => {
  const {input, out} = await makeInputs()
  expect(await decodedBy({inputs: [input], outputDir: out, resume: true})).toHaveLength(4)
})

test('inputs that came since are done too', async () => {
  const {input, out} = await makeInputs()
  await runFakeBatch({inputs: [input], outputDir: out})
  await writeFile(join(input, 'take 10.wav'), 'xxxxxxx')
  expect(await decodedBy({inputs: [input], outputDir: out, resume: true})).toEqual(['take 10.wav'])
  expect(await decodedBy({inputs: [input], outputDir: out, resume: true})).toEqual([])
})

test('what a manifest asks for one recording is done again when it changes', async () => {
  const {input, out} = await makeInputs(3)
  const manifest = join(input, 'm.csv')
  await writeFile(manifest, 'audio,language\ntake 1.wav,en\ntake 3.wav,en\n')
  await runFakeBatch({inputs: [manifest], outputDir: out})
  await writeFile(manifest, 'audio,language,text\ntake 1.wav,de,x\ntake 3.wav,en,y\n')
  expect(await decodedBy({inputs: [manifest], outputDir: out, resume: true})).toEqual(['take 1.wav'])
  expect(await decodedBy({inputs: [manifest], outputDir: out, resume: true})).toEqual([])
})

test('failed files are tried again', async () => {
  const {input, out} = await makeInputs()
  await writeFile(join(input, 'bad.wav'), 'x')
  await runFakeBatch({inputs: [input], outputDir: out})
  expect(await decodedBy({inputs: [input], outputDir: out, resume: true})).toEqual(['bad.wav'])
})

describe('a file is done only if', () => {
  test('its input is what it was', async () => {
    const {input, out} = await makeInputs()
    await runFakeBatch({inputs: [input], outputDir: out})
    await writeFile(join(input, 'take 1.wav'), 'other')
    expect(await decodedBy({inputs: [input], outputDir: out, resume: true})).toEqual(['take 1.wav'])
    const {out: fresh} = await makeInputs()
    await runFakeBatch({inputs: [input], outputDir: fresh})
    expect(await readOutputs(out)).toEqual(await readOutputs(fresh))
  })

  test('its input has the same content; being touched or copied is no change', async () => {
    const {input, out} = await makeInputs()
    await runFakeBatch({inputs: [input], outputDir: out})
    const path = join(input, 'take 1.wav')
    await utimes(path, 1, 1)
    await copyFile(path, `${path}.new`)
    await rename(`${path}.new`, path)
    expect(await decodedBy({inputs: [input], outputDir: out, resume: true})).toEqual([])
    await cp(input, `${input} moved`, {recursive: true})
    expect(await decodedBy({inputs: [`${input} moved`], outputDir: out, resume: true})).toEqual([])
  })

  test('all its outputs are there', async () => {
    const {input, out} = await makeInputs()
    await runFakeBatch({inputs: [input], outputDir: out})
    const before = await readOutputs(out)
    await rm(join(out, 'take 1.srt'))
    expect(await decodedBy({inputs: [input], outputDir: out, resume: true})).toEqual(['take 1.wav'])
    expect(await readOutputs(out)).toEqual(before)
  })

  test('its outputs are as they were written; what somebody has changed falls under --on-exists', async () => {
    const {input, out} = await makeInputs()
    await runFakeBatch({inputs: [input], outputDir: out})
    await appendFile(join(out, 'take 1.txt'), 'corrected by hand\n')
    const corrected = await readOutputs(out)
    const resumed = {inputs: [input], outputDir: out, resume: true}
    await expect(decodedBy(resumed)).rejects.toThrow(
      expect.objectContaining({code: 'OUTPUT_EXISTS', message: expect.stringContaining('take 1.txt')}),
    )
    expect(await decodedBy({...resumed, onExists: 'skip'})).toEqual([])
    expect(await decodedBy({...resumed, onExists: 'rename'})).toEqual(['take 1.wav'])
    expect(await readOutputs(out)).toMatchObject(corrected)
    expect(Object.keys(await readOutputs(out))).toContain('take 1.1.txt')
    expect(await decodedBy({...resumed, onExists: 'rename'})).toEqual([])
    await appendFile(join(out, 'take 3.txt'), 'x')
    expect(await decodedBy({...resumed, onExists: 'overwrite'})).toEqual(['take 3.wav'])
  })
})

describe('a run with other settings is not resumed', () => {
  test.each([
    ['options', {...identity, options: {...identity.options, beamSize: 1}}, 'beamSize: 5 before, 1 now'],
    [
      'an option that was not there',
      {...identity, options: {...identity.options, vad: true}},
      'vad: not set before, true now',
    ],
    ['the model', {...identity, model: {...identity.model, hash: 'def'}}, '"abc"'],
    ['the version', {...identity, version: '0.2.0'}, 'lingulu version: "0.1.0" before, "0.2.0" now'],
  ])('%s', async (_, other, difference) => {
    const {input, out} = await makeInputs(1)
    await runFakeBatch({inputs: [input], outputDir: out})
    const resumed = runFakeBatch({inputs: [input], outputDir: out, resume: true, identity: other})
    await expect(resumed).rejects.toThrow(
      expect.objectContaining({
        code: 'JOURNAL_INVALID',
        message: expect.stringContaining(difference),
        hint: expect.stringContaining('--on-exists overwrite'),
      }),
    )
  })

  test('other formats or names are other settings', async () => {
    const {input, out} = await makeInputs(1)
    await runFakeBatch({inputs: [input], outputDir: out, formats: ['txt', 'srt']})
    const resumed = {inputs: [input], outputDir: out, resume: true} as const
    expect(await decodedBy({...resumed, formats: ['srt', 'txt']})).toEqual([])
    await expect(runFakeBatch({...resumed, formats: ['txt', 'srt', 'vtt']})).rejects.toThrow(
      /formats: \["srt","txt"\] before/,
    )
    await expect(runFakeBatch({...resumed, formats: ['txt', 'srt'], outputName: 'full'})).rejects.toThrow(
      /outputName: "stem" before/,
    )
  })

  test('the name of a model and the order of options do not matter', async () => {
    const {input, out} = await makeInputs(1)
    await runFakeBatch({inputs: [input], outputDir: out})
    const {beamSize = 0, temperatures = []} = identity.options
    const same = {...identity, model: {...identity.model, name: 'elsewhere'}, options: {temperatures, beamSize}}
    expect(await decodedBy({inputs: [input], outputDir: out, resume: true, identity: same})).toEqual([])
  })
})

test('without --resume an earlier journal is replaced once --on-exists lets the run begin', async () => {
  const {input, out} = await makeInputs(2)
  await runFakeBatch({inputs: [input], outputDir: out})
  const journal = await readFile(join(out, JOURNAL_NAME), 'utf8')
  await expect(runFakeBatch({inputs: [input], outputDir: out})).rejects.toThrow(
    expect.objectContaining({code: 'OUTPUT_EXISTS'}),
  )
  expect(await readFile(join(out, JOURNAL_NAME), 'utf8')).toBe(journal)
  expect(await decodedBy({inputs: [input], outputDir: out, onExists: 'overwrite'})).toHaveLength(2)
})

test('a journal that is damaged inside says where, and is not resumed', async () => {
  const {input, out} = await makeInputs(2)
  await runFakeBatch({inputs: [input], outputDir: out})
  const path = join(out, JOURNAL_NAME)
  const lines = (await readFile(path, 'utf8')).split('\n')
  await writeFile(path, lines.with(2, lines[2]!.slice(5)).join('\n'))
  await expect(runFakeBatch({inputs: [input], outputDir: out, resume: true})).rejects.toThrow(
    expect.objectContaining({code: 'JOURNAL_INVALID', message: expect.stringContaining('line 3')}),
  )
})

test('a journal cannot send outputs to another place', async () => {
  const {input, out} = await makeInputs(1)
  await runFakeBatch({inputs: [input], outputDir: out})
  const path = join(out, JOURNAL_NAME)
  await writeFile(path, (await readFile(path, 'utf8')).replaceAll('"stem":"take 1"', '"stem":"../../take 1"'))
  await expect(runFakeBatch({inputs: [input], outputDir: out, resume: true})).rejects.toThrow(
    expect.objectContaining({code: 'JOURNAL_INVALID'}),
  )
})

test('cut off anywhere, a journal resumes to the same outputs and decodes only what it had lost', async () => {
  const {input, out} = await makeInputs(3)
  await runFakeBatch({inputs: [input], outputDir: out})
  const before = await readOutputs(out)
  const path = join(out, JOURNAL_NAME)
  const journal = await readFile(path)
  const lineEnds = [...journal.entries()].flatMap(([index, byte]) => (byte === 10 ? [index] : []))
  const cuts = lineEnds.flatMap(end => [end - 40, end, end + 1]).concat(journal.length)
  for (const cut of cuts) {
    await writeFile(path, journal)
    await truncate(path, cut)
    const whole = lineEnds.filter(end => end < cut).length
    // Before the header is whole there is no journal, and the outputs are in the way.
    const decoded = await decodedBy({
      inputs: [input],
      outputDir: out,
      resume: true,
      onExists: whole === 0 ? 'overwrite' : 'error',
    }).catch((error: {code: string}) => error.code)
    // header, 3 plans, 3 results; a plan that was lost leaves outputs that could be anybody's.
    if (whole >= 1 && whole < 4) expect(decoded, `cut at ${cut}`).toBe('OUTPUT_EXISTS')
    else expect(decoded, `cut at ${cut}`).toHaveLength(whole === 0 ? 3 : 7 - whole)
    expect(await readOutputs(out)).toEqual(before)
    if (typeof decoded !== 'string')
      expect(await decodedBy({inputs: [input], outputDir: out, resume: true})).toEqual([])
  }
})

test('only one run at a time writes into a folder', async () => {
  const {input, out} = await makeInputs(1)
  const nested = runFakeBatch({
    inputs: [input],
    outputDir: out,
    onDecode: async () => {
      await expect(runFakeBatch({inputs: [input], outputDir: out, resume: true})).rejects.toThrow(
        expect.objectContaining({code: 'USAGE', message: expect.stringContaining('another run')}),
      )
    },
  })
  await nested
  expect((await stat(out)).isDirectory()).toBe(true)
})
