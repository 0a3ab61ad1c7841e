import {mkdtemp, readdir, readFile, rm, stat} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join, resolve} from 'node:path'
import {captureOutput} from '@oclif/test'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import Transcribe from '../../src/commands/transcribe.js'
import {atomModel} from '../support/atom-models.js'

const ROOT = resolve('.')
const SAMPLES = ['garden', 'kitchen', 'letter', 'library', 'market', 'river', 'station', 'weather']
const FORMATS = ['csv', 'json', 'srt', 'tsv', 'txt', 'vtt']

/** Runs `lingulu transcribe` as the shell would, and takes its exit code off the process. */
async function transcribe(...argv: string[]) {
  process.exitCode = undefined
  const {stdout, stderr, error} = await captureOutput(() => Transcribe.run(argv, {root: ROOT}))
  const exitCode = process.exitCode ?? 0
  process.exitCode = undefined
  if (error !== undefined) throw error
  return {stdout, stderr, exitCode}
}

let out: string
beforeAll(async () => {
  out = await mkdtemp(join(tmpdir(), 'lingulu-smoke-'))
})
afterAll(() => rm(out, {recursive: true, force: true}))

/** Files of a folder with the time of their last change; names that begin with a dot are the run's own. */
async function listing(folder: string): Promise<Record<string, number>> {
  const names = (await readdir(folder)).filter(name => !name.startsWith('.')).sort()
  return Object.fromEntries(
    await Promise.all(names.map(async name => [name, (await stat(join(folder, name))).mtimeMs])),
  )
}

describe('lingulu transcribe datasets/samples', () => {
  const argv = (folder: string) => {
    const options = ['--model', atomModel('whisper-atom'), '--format', 'all', '--output-dir', folder]
    return ['datasets/samples', ...options, '--device', 'cpu', '--beam-size', '1', '--word-timestamps']
  }

  test('writes every format for every recording, and --resume finds nothing left to do', async () => {
    const first = await transcribe(...argv(out), '--json')
    expect(first.exitCode).toBe(0)
    const files = await listing(out)
    expect(Object.keys(files)).toEqual(SAMPLES.flatMap(name => FORMATS.map(format => `${name}.${format}`)))
    const {results, summary} = JSON.parse(first.stdout)
    expect(results).toHaveLength(8)
    expect(summary.inputs).toMatchObject({ok: 8, failed: 0, resumed: 0})

    for (const name of SAMPLES) {
      const {text, segments, language} = JSON.parse(await readFile(join(out, `${name}.json`), 'utf8'))
      expect(text.length, name).toBeGreaterThan(5)
      expect(language).toMatch(/^[a-z]{2}$/)
      expect(segments.length).toBeGreaterThan(0)
      expect(segments[0].words.length).toBeGreaterThan(0)
      expect(await readFile(join(out, `${name}.txt`), 'utf8')).toContain(segments[0].text.trim())
      expect(await readFile(join(out, `${name}.srt`), 'utf8')).toMatch(/^1\n00:00:\d\d,\d{3} --> 00:/)
      expect(await readFile(join(out, `${name}.vtt`), 'utf8')).toMatch(/^WEBVTT\n\n/)
    }

    const again = await transcribe(...argv(out), '--json', '--resume')
    expect(again.exitCode).toBe(0)
    const resumed = JSON.parse(again.stdout).summary
    expect(resumed).toMatchObject({audioSeconds: 0, inputs: {ok: 8, resumed: 8}})
    expect(await listing(out)).toEqual(files)
  })

  test.each(['ctc-atom', 'ctc-atom-mel'])('runs with %s', async name => {
    const {stdout, exitCode} = await transcribe('datasets/samples/weather.wav', '--model', atomModel(name), '--json')
    expect(exitCode).toBe(0)
    const {results} = JSON.parse(stdout)
    expect(results).toHaveLength(1)
    expect(results[0]).toMatchObject({status: 'ok', model: {name, precision: 'fp32'}})
  })

  test('says no to what a model cannot do', async () => {
    const model = ['--model', atomModel('whisper-atom.en')]
    const {stderr, exitCode} = await transcribe('datasets/samples/weather.wav', ...model, '--task', 'translate')
    expect(exitCode).not.toBe(0)
    expect(stderr).toContain('whisper-atom.en')
  })
})
