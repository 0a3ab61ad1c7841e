import {mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'
import {captureOutput} from '@oclif/test'
import {afterAll, afterEach, expect, test} from 'vitest'
import Score from '../../src/commands/score.js'
import {CpScore, DiarizationScore} from '../../src/pipeline/scoring/diarization/speaker-score.js'

const root = fileURLToPath(new URL('../..', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'lingulu-score-speakers-'))
afterAll(() => rmSync(folder, {recursive: true}))
afterEach(() => {
  process.exitCode = undefined
})

function file(name: string, text: string): string {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

const turn = (recording: string, speaker: string, start: number, end: number) =>
  `SPEAKER ${recording} 1 ${start} ${end - start} <NA> <NA> ${speaker} <NA> <NA>\n`

const ref = file('ref.rttm', turn('call', 'ann', 0, 4) + turn('call', 'bob', 3, 8))
const hyp = file('hyp.rttm', turn('call', 's1', 0, 4) + turn('call', 's2', 4, 8))
const uem = file('all.uem', 'call 1 0 7\n')
const stm = file('ref.stm', 'call 1 ann 0 2 <NA> The old lamp\n')
const ctm = file('hyp.ctm', 'call 1 0 1 the\ncall 1 1 1 lamp\n')
const segments = [{session_id: 'call', speaker: 's1', words: 'the old lamp'}]
const seglst = file('hyp.seglst.json', JSON.stringify(segments))
const txt = file('ref.txt', 'one\n')

const score = (...argv: string[]) => captureOutput(() => Score.run(argv, {root}))

test('two RTTM files: DER with its parts, and the conditions', async () => {
  const {stdout, stderr} = await score(ref, hyp)
  expect(stdout).toMatch(/^call +11\.11 % +11\.11 % +0\.00 % +0\.00 % +10\.00 % +9\.00 s +2 \/ 2$/m)
  expect(stdout).toContain('DER 11.11 % (no collar, overlap scored, no UEM)')
  expect(stderr).toBe('')
  expect(process.exitCode).toBeUndefined()
})

test('collar, ignored overlap and UEM, as JSON', async () => {
  const {stdout} = await score(ref, hyp, '--collar', '0.25', '--ignore-overlap', '--uem', uem, '--json')
  expect(DiarizationScore.parse(JSON.parse(stdout))).toMatchObject({
    der: 0,
    totalSeconds: 5.25,
    options: {collarSeconds: 0.25, ignoreOverlap: true, uem},
  })
})

test('a recording that is missing is told on stderr', async () => {
  const more = file('more.rttm', turn('call', 'ann', 0, 4) + turn('lost\u001b', 'bob', 0, 1))
  const {stderr} = await score(more, hyp)
  expect(stderr).toBe('Warning: not in the hypothesis, so missed as a whole: lost␛\n')
})

test.each([
  [[stm, ctm], 2],
  [[stm, ctm, '--normalizer', 'basic'], 1],
  [[stm, seglst, '--normalizer', 'basic'], 0],
])('STM, CTM and SegLST: cpWER (%j)', async (argv, errors) => {
  const {stdout} = await score(...argv, '--json')
  expect(CpScore.parse(JSON.parse(stdout))).toMatchObject({
    errors,
    cpwer: errors / 3,
    normalizer: {name: argv[3] ?? 'none'},
  })
})

test.each([
  [[ref, stm], 'are not both transcripts with speakers'],
  [[txt, ctm], 'are not both transcripts with speakers'],
  [[ref, hyp, '--collar', '-1'], 'collarSeconds'],
  [[ref, hyp, '--collar', 'wide'], '"wide" is not a number'],
  [[ref, hyp, '--normalizer', 'basic'], 'RTTM files have no words'],
  [[ref, hyp, '--weights', 'sclite', '--alignments'], '--weights, --alignments: not for files with speakers'],
  [[stm, ctm, '--uem', uem], 'a UEM: only for RTTM files'],
  [[txt, txt, '--collar', '0'], '--collar: only for .rttm files'],
  [[ref, join(folder, 'none.rttm')], 'none.rttm: cannot be read (ENOENT)'],
])('%j ends with exit code 2', async (argv, message) => {
  const {stderr} = await score(...argv)
  expect(stderr).toContain(message)
  expect(process.exitCode).toBe(2)
})
