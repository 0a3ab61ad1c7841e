import {mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {readBaseline} from '../../../src/pipeline/gates/read-baseline.js'
import {exampleReport} from '../../support/evaluation-report.js'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lingulu-baseline-'))
})
afterAll(async () => await rm(folder, {recursive: true, force: true}))

async function file(content: string | Buffer): Promise<string> {
  const path = join(folder, `${crypto.randomUUID()}.json`)
  await writeFile(path, content)
  return path
}

test('a report is read as it was written', async () => {
  const report = exampleReport()
  expect(await readBaseline(await file(JSON.stringify(report)))).toEqual(report)
})

test.each([
  ['UTF-8', (text: string) => Buffer.from(`\uFEFF${text}`)],
  ['UTF-16', (text: string) => Buffer.from(`\uFEFF${text}`, 'utf16le')],
])('a report that a shell has saved as %s with a byte order mark is read', async (_, encode) => {
  const report = exampleReport()
  expect(await readBaseline(await file(encode(JSON.stringify(report))))).toEqual(report)
})

describe('refused with one clear message', () => {
  test.each([
    ['nothing', '  \n', 'is empty'],
    ['no text', Buffer.from([0x7b, 0xff, 0x00]), 'is not UTF-8 text'],
    ['no JSON', '{"wer": 0.1', 'is not JSON'],
    ['a list', '[]', 'is not the report of an evaluation'],
    ['results of transcribe', '{"results": [], "summary": {}}', 'is not the report of an evaluation'],
    [
      'a report of another version',
      JSON.stringify({...exampleReport(), schema: 2}),
      'is a report of schema 2, made by another version of lingulu',
    ],
    [
      'a damaged report',
      JSON.stringify({...exampleReport(), wer: 'low', cer: 'low', mer: 'low', wil: 'low'}),
      'is a damaged report\n  wer: Invalid input: expected number, received string\n  cer: Invalid input: expected number, received string\n  mer: Invalid input: expected number, received string\n  and 1 more',
    ],
  ])('%s', async (_, content: string | Buffer, expected: string) => {
    const path = await file(content)
    await expect(readBaseline(path)).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: `--baseline: ${path} ${expected}`,
      hint: expect.any(String),
    })
  })

  test('a file that is not there', async () => {
    const path = join(folder, 'none.json')
    await expect(readBaseline(path)).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: `--baseline: ${path} does not exist`,
    })
  })

  test('a folder', async () =>
    await expect(readBaseline(folder)).rejects.toMatchObject({
      message: expect.stringContaining('cannot be read (EISDIR)'),
    }))
})

test('an abort is no bad file', async () => {
  const path = await file(JSON.stringify(exampleReport()))
  await expect(readBaseline(path, AbortSignal.abort(new Error('enough')))).rejects.toThrow('enough')
})
