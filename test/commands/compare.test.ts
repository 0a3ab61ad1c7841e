import {copyFile, mkdir, mkdtemp, readFile, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join, resolve} from 'node:path'
import {captureOutput} from '@oclif/test'
import {afterAll, beforeAll, beforeEach, describe, expect, test} from 'vitest'
import Compare from '../../src/commands/compare.js'
import {ComparisonDocument} from '../../src/pipeline/comparison/comparison-document.js'
import {exampleReport} from '../support/evaluation-report.js'

let home: string
let folder: string
let count = 0
const path = (name: string) => join(folder, name)

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'lingulu-compare-'))
})
afterAll(async () => await rm(home, {recursive: true, force: true}))
beforeEach(async () => {
  folder = join(home, String(count++))
  await mkdir(folder)
  const report = exampleReport()
  const better = report.scores.map(score =>
    score.id === 'carla-1'
      ? {
          ...score,
          operations: '=====',
          words: {hits: 5, substitutions: 0, deletions: 0, insertions: 0},
          hypothesisText: 'We counted\u001B[2J forty-two lanterns.',
        }
      : score,
  )
  await writeFile(path('fp32.json'), JSON.stringify(report))
  await writeFile(path('int8.json'), JSON.stringify({...report, wer: 6 / 42, scores: better}))
})

async function compare(...argv: string[]) {
  process.exitCode = undefined
  const {stdout, stderr, error} = await captureOutput<unknown>(() => Compare.run(argv, {root: resolve('.')}))
  const exitCode = process.exitCode
  process.exitCode = undefined
  if (error && !('oclif' in error)) throw error
  return {stdout, stderr: stderr + (error?.message ?? ''), exitCode}
}

describe('lingulu compare', () => {
  test('shows runs side by side and what differs', async () => {
    const {stdout, exitCode} = await compare(path('fp32.json'), path('int8.json'))
    expect(exitCode).toBeUndefined()
    expect(stdout).toMatch(/^ +fp32 +int8$/m)
    expect(stdout).toMatch(/^WER +26\.19 % +14\.29 %$/m)
    expect(stdout).toMatch(/^Model +whisper-nano +whisper-nano$/m)
    expect(stdout).toContain('int8 against fp32\n')
    expect(stdout).toMatch(/^ {2}WER +−11\.90 points \(−45\.5 % of it\)$/m)
    expect(stdout).toMatch(/^ {2}MAPSSWE +p = 0\.317 over 6 segments, not significant at 0\.05; so few/m)
    expect(stdout).toMatch(
      /^ {2}McNemar +p = 1\.000, not significant at 0\.05; right only in fp32: 0, only in int8: 1$/m,
    )
    expect(stdout).toMatch(/^ {2}Interval +−45\.45 to 0\.00 points at 95 %/m)
    expect(stdout).toContain('    carla-1  5 → 0 errors, 5 words\n')
    expect(stdout).toMatch(/^ {6}int8 +We counted␛\[2J forty-two lanterns\.$/m)
  })

  test('prints one strict document with --json', async () => {
    await copyFile(path('fp32.json'), path('again.json'))
    const {stdout, stderr} = await compare(path('fp32.json'), path('int8.json'), path('again.json'), '--json')
    const document = ComparisonDocument.parse(JSON.parse(stdout))
    expect(document.runs.map(({label}) => label)).toEqual(['fp32', 'int8', 'again'])
    expect(document.differences.map(({wer}) => wer)).toEqual([expect.closeTo(-5 / 42), 0])
    expect(stderr).toBe('')
  })

  test('lists as many utterances as --changed says', async () => {
    const {stdout} = await compare(path('fp32.json'), path('int8.json'), '--changed', '0')
    expect(stdout).not.toContain('carla-1')
  })

  test('writes Markdown, and over nothing without --force', async () => {
    const markdown = path('comparison.md')
    await compare(path('fp32.json'), path('int8.json'), '--markdown', markdown)
    const written = await readFile(markdown, 'utf8')
    expect(written).toMatch(/^# Comparison of 2 runs\n/)
    await writeFile(markdown, 'mine')
    const refused = await compare(path('fp32.json'), path('int8.json'), '--markdown', markdown)
    expect(refused).toMatchObject({exitCode: 2, stdout: ''})
    expect(refused.stderr).toContain(`${markdown} is there already.`)
    expect(await readFile(markdown, 'utf8')).toBe('mine')
    await compare(path('fp32.json'), path('int8.json'), '--markdown', markdown, '--force')
    expect(await readFile(markdown, 'utf8')).toBe(written)
  })

  test('never writes over what it compares', async () => {
    const {stderr, exitCode} = await compare(
      path('fp32.json'),
      path('int8.json'),
      '--markdown',
      path('int8.json'),
      '--force',
    )
    expect(exitCode).toBe(2)
    expect(stderr).toContain('is a report that is compared')
  })
})

describe('refused with exit code 2', () => {
  test.each([
    ['one report', () => [path('fp32.json')], 'A comparison needs two reports or more.'],
    ['none', () => [], 'A comparison needs two reports or more.'],
    ['a file that is not there', () => [path('fp32.json'), path('none.json')], 'none.json does not exist'],
    ['a report twice', () => [path('fp32.json'), path('fp32.json')], 'fp32.json is given twice.'],
    ['a report twice, spelt differently', () => [path('fp32.json'), `${folder}/./fp32.json`], 'is given twice.'],
    ['--force alone', () => [path('fp32.json'), path('int8.json'), '--force'], '--force needs --markdown.'],
  ])('%s', async (_, argv, message) => {
    const {stderr, exitCode} = await compare(...argv())
    expect(stderr).toContain(message)
    expect(exitCode).toBe(2)
  })
})
