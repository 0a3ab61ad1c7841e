import {writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {captureOutput} from '@oclif/test'
import {beforeAll, describe, expect, test} from 'vitest'
import Score from '../../src/commands/score.js'
import {ScoreDocument} from '../../src/pipeline/text-pairs/score-document.js'
import {finished, root, startLingulu, suiteFolder} from '../support/lingulu.js'

const folder = suiteFolder()
const path = (name: string) => join(folder, name)

beforeAll(async () => {
  const files = {
    'ref.trn': 'the colour is red (ada-1)\ngo home now (ada-2)\nyes (bob-1)\n',
    'hyp.trn': 'the color is red (ada-1)\ngo now please (ada-2)\n',
    'ref.txt': "The cat sat.\n\nIt's ten o'clock\n",
    'hyp.txt': 'the cat sat\n\nit is 10 o clock\n',
    'short.txt': 'the cat sat\n',
    'british.json': '{"colour": "color"}',
  }
  await Promise.all(Object.entries(files).map(([name, content]) => writeFile(path(name), content)))
})

/** `lingulu score …` in this process, from the sources. */
async function run(...argv: string[]) {
  process.exitCode = undefined
  const {stdout, stderr, error} = await captureOutput<unknown>(() => Score.run(argv, {root}))
  const exitCode = Number(process.exitCode ?? 0)
  process.exitCode = undefined
  if (error) throw error
  return finished(stdout, stderr, exitCode)
}

describe('lingulu score', () => {
  test('prints the measures with the normalizer, and what has no hypothesis on stderr', async () => {
    const {stdout, stderr, exitCode} = await run(path('ref.trn'), path('hyp.trn'))
    expect(exitCode).toBe(0)
    expect(stdout).toMatch(/^WER +50\.00 % +S 3, D 1, I 0: 4 errors in 8 words$/m)
    expect(stdout).toMatch(/^CER +\d+\.\d\d %/m)
    expect(stdout).toMatch(/^sentences +0\.00 % +0 of 3 without an error$/m)
    expect(stdout).toMatch(/^normalizer +none +[0-9a-f]{12}$/m)
    expect(stderr).toBe('Warning: 1 of 3 utterances have no hypothesis and count as empty: bob-1\n')
  })

  test('compares as it is told', async () => {
    const flags = ['--normalizer', 'english', '--spellings', path('british.json'), '--weights', 'sclite']
    const {stdout} = await run(path('ref.trn'), path('hyp.trn'), ...flags)
    expect(stdout).toMatch(/^WER +37\.50 % +S 0, D 2, I 1: 3 errors in 8 words$/m)
    expect(stdout).toMatch(/^sentences +33\.33 % +1 of 3/m)
    expect(stdout).toMatch(/^normalizer +english +[0-9a-f]{12}, weights of sclite$/m)
  })

  test('shows alignments of utterances with errors, and groups', async () => {
    const {stdout} = await run(path('ref.trn'), path('hyp.trn'), '-a', '--by', 'speaker', '--normalizer', 'english')
    expect(stdout).not.toContain('ada-1')
    expect(stdout).toMatch(/^ada-2: WER 66\.67 %\n.*go +home +now.*\n.*go.*now +please/m)
    expect(stdout).toMatch(/^speaker +utterances +words +WER +CER\n/m)
    expect(stdout).toMatch(/^ada +2 +7 +28\.57 %/m)
  })

  test('--json prints one document and nothing else', async () => {
    const {json, stdout} = await run(path('ref.trn'), path('hyp.trn'), '--json', '--alignments')
    const document = ScoreDocument.parse(json())
    expect(document).toMatchObject({wer: 0.5, utterances: {total: 3, missing: ['bob-1']}})
    expect(document.alignments?.map(({id, operations}) => [id, operations])).toEqual([
      ['ada-1', '=S=='],
      ['ada-2', '=SS'],
      ['bob-1', 'D'],
    ])
    expect(stdout.trimStart().startsWith('{')).toBe(true)
  })

  test('takes alternatives of TRN for what they are only where it is told', async () => {
    await writeFile(path('choice.trn'), 'the {colour / color} is {@ / very} red (ada-1)\n')
    await writeFile(path('chosen.trn'), 'the color is red (ada-1)\n')
    const files = [path('choice.trn'), path('chosen.trn')]
    expect((await run(...files, '--alternatives')).stdout).toMatch(/^WER +0\.00 %[\s\S]*, with alternatives$/m)
    expect((await run(...files)).stdout).not.toMatch(/^WER +0\.00 %/m)
  })

  test('pairs plain texts line by line', async () => {
    const {stdout} = await run(path('ref.txt'), path('hyp.txt'), '--normalizer', 'english')
    expect(stdout).toMatch(/^WER +0\.00 %/m)
    expect(stdout).toMatch(/3 of 3 without an error/)
  })

  test.each([
    [['ref.txt', 'short.txt'], 'ref.txt has 3 lines, '],
    [['ref.txt', 'hyp.trn'], 'they cannot be paired'],
    [['ref.txt'], 'hypothesis'],
    [['ref.txt', 'hyp.txt', '--normalizer', 'german'], '--normalizer'],
    [['ref.txt', 'hyp.txt', '--spellings', 'x.json'], 'takes no spellings'],
    [['ref.txt', 'hyp.txt', '--by', 'accent'], 'no such column'],
    [['ref.txt', 'none.txt'], 'none.txt: cannot be read (ENOENT)'],
  ])('%j ends with 2: %s', async ([first = '', second, ...flags], message) => {
    const {stderr, stdout, exitCode} = await run(path(first), ...(second === undefined ? [] : [path(second)]), ...flags)
    expect(stderr).toContain(message)
    expect(stdout).toBe('')
    expect(exitCode).toBe(2)
  })

  test('reads one side from stdin', async () => {
    const {ended} = startLingulu(['score', path('ref.txt'), '-', '--json'], {input: "The cat sat.\n\nIt's ten\n"})
    const {exitCode, json} = await ended()
    expect(exitCode).toBe(0)
    expect(json()).toMatchObject({wer: 1 / 6, hypothesis: '-'})
  }, 60_000)
})
