import {readFileSync} from 'node:fs'
import {readdir, stat} from 'node:fs/promises'
import {join} from 'node:path'
import {describe, expect, test} from 'vitest'
import {alignWords} from '../../src/pipeline/scoring/align-words.js'
import {errorsOf} from '../../src/pipeline/scoring/error-counts.js'
import {spellText} from '../../src/pipeline/training/tasks/ctc/spell-text.js'
import {root, transcribe} from '../support/lingulu.js'

const MODEL = join(root, 'models/lingulu-en')
const SAMPLES = join(root, 'datasets/samples')
const EXPECTED = new Map(
  readFileSync(join(SAMPLES, 'manifest.csv'), 'utf8')
    .trim()
    .split('\n')
    .slice(1)
    .map(line => line.split(','))
    .map(([audio = '', text = '']) => [audio, spellText(text, 'upper')] as const),
)

/** Words that are wrong in all samples together. */
async function wrongWords(...flags: string[]): Promise<number> {
  const {stdout, exitCode} = await transcribe(SAMPLES, '--jsonl', '--quiet', ...flags)
  expect(exitCode).toBe(0)
  const lines = stdout
    .trim()
    .split('\n')
    .map(line => JSON.parse(line))
  const texts = new Map<string, string>(
    lines.filter(({status}) => status === 'ok').map(({audio, text}) => [String(audio).split('/').at(-1) ?? '', text]),
  )
  expect([...texts.keys()].sort()).toEqual([...EXPECTED.keys()].sort())
  return [...EXPECTED].reduce((sum, [audio, text]) => {
    const heard = spellText(texts.get(audio) ?? '', 'upper')
    return sum + errorsOf(alignWords(text.split(' '), heard.split(' ')).counts)
  }, 0)
}

describe('the model that comes with lingulu', () => {
  test('hears the samples without being asked for, nothing fetched', async () => {
    expect(await wrongWords('--offline')).toBe(0)
  })

  test('does so in 8 bits too', async () => {
    expect(await wrongWords('--precision', 'int8')).toBeLessThanOrEqual(2)
  })

  test('is small enough to come with the package', async () => {
    const entries = await readdir(MODEL, {recursive: true, withFileTypes: true})
    const files = entries.filter(entry => entry.isFile()).map(({parentPath, name}) => join(parentPath, name))
    const sizes = await Promise.all(files.map(async file => (await stat(file)).size))
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(25e6)
  })
})
