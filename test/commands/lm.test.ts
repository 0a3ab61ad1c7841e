import {readFile} from 'node:fs/promises'
import {join} from 'node:path'
import {captureOutput} from '@oclif/test'
import {expect, test} from 'vitest'
import Lm from '../../src/commands/lm.js'
import {root, suiteFolder} from '../support/lingulu.js'

const home = suiteFolder()
const reference = (name: string) => join(root, 'test/data/training-reference/language-model', name)
const TRAIN = reference('train.txt')
const HELD_OUT = reference('held-out.txt')

/** Runs the command as the shell would, and takes its exit code off the process. */
async function lingulu(...argv: string[]) {
  process.exitCode = undefined
  const {stdout, stderr, error} = await captureOutput(() => Lm.run(argv, {root}))
  const exitCode = process.exitCode ?? 0
  process.exitCode = undefined
  if (error !== undefined) throw error
  return {stdout, stderr, exitCode}
}

test('makes a model and tells what it is and how well it foresees', async () => {
  const out = join(home, 'train.bin')
  const {stdout, stderr, exitCode} = await lingulu(TRAIN, '-o', out, '--bits', '8', '--perplexity', HELD_OUT)
  expect(stdout).toMatch(
    /train\.bin: 70 1-grams, [\d,]+ 2-grams, [\d,]+ 3-grams; [\d.]+ kB\n {2}of 420 sentences with [\d,]+ words; vocabulary 70\n {2}perplexity \d+\.\d\d over 40 sentences with 363 words\n {2}without the 5 unknown words \d+\.\d\d\n$/,
  )
  expect({stderr, exitCode}).toEqual({stderr: '', exitCode: 0})
  expect((await readFile(out)).subarray(0, 10).toString()).toBe('lingulu-lm')
})

test('gives the same as JSON', async () => {
  const out = join(home, 'upper.arpa')
  const flags = ['--case', 'upper', '--order', '2', '--prune-counts', '0,1', '--vocabulary-size', '20']
  const {stdout, exitCode} = await lingulu(TRAIN, TRAIN, '--out', out, ...flags, '--discount', '0.6,1.1,1.4', '--json')
  expect(exitCode).toBe(0)
  const result = JSON.parse(stdout)
  expect(result).toMatchObject({
    order: 2,
    file: {path: out},
    perplexity: null,
    texts: {sentences: 840, vocabulary: 23},
    notes: [expect.stringContaining('1-grams'), expect.stringContaining('2-grams')],
  })
  expect(result.ngrams[0]).toBe(23)
  expect(await readFile(out, 'utf8')).toContain('\tTHE\t')
})

test('mixes models, and tells their weights', async () => {
  const models = ['--in', reference('order-3.arpa'), '--mix', `${reference('held-out.arpa')}:0.25`]
  const more = ['--mix', `${reference('order-1.arpa')}:.5`, '-o', join(home, 'mixed.bin')]
  const {stdout} = await lingulu(...models, ...more)
  expect(stdout).toMatch(
    /mixed\.bin: 71 1-grams, .*\n {2}mixed of 0\.250 \S+order-3\.arpa, 0\.250 \S+held-out\.arpa, 0\.500 \S+order-1\.arpa\n$/,
  )
})

test('finds the weights of models on a text', async () => {
  const flags = ['--mix', reference('few-fallback.arpa'), '--tune', HELD_OUT, '--perplexity', HELD_OUT, '--json']
  const {stdout} = await lingulu('--in', reference('order-1.arpa'), ...flags, '--normalize', 'none')
  const {mix, perplexity} = JSON.parse(stdout)
  expect(mix).toEqual([
    {model: reference('order-1.arpa'), weight: expect.closeTo(0.732348, 4)},
    {model: reference('few-fallback.arpa'), weight: expect.closeTo(0.267652, 4)},
  ])
  expect(perplexity).toMatchObject({words: 363})
})

test('says on stderr which discounts are the fallback', async () => {
  const {stderr} = await lingulu(TRAIN, TRAIN, '-o', join(home, 'twice.arpa'), '--discount', 'fallback')
  expect(stderr).toMatch(/^Note: The discounts of the \d-grams are the fallback\.\n/)
})

const out = join(home, 'x.arpa')

test.each<[string, string[], number, RegExp]>([
  ['no text', ['-o', out], 2, /no text/],
  ['nothing to make', [TRAIN], 2, /what is to be made/],
  ['stdin twice', ['-', '-', '-o', out], 2, /only once/],
  ['a text that is not there', ['none.txt', '-o', out], 3, /none\.txt cannot be read/],
  ['an order for a model that is there', ['--in', out, '-o', out, '--order', '4'], 2, /--order and --discount/],
  ['discounts that are none', [TRAIN, '-o', out, '--discount', '0.5,1'], 2, /three discounts/],
  ['cutoffs that are no numbers', [TRAIN, '-o', out, '--prune-counts', '0,x'], 2, /not a number/],
  ['an entropy of nothing', [TRAIN, '-o', out, '--prune-entropy', '0'], 2, /pruneEntropy/],
  ['too many bits', [TRAIN, '-o', join(home, 'x.bin'), '--bits', '16'], 2, /bits/],
  ['a model that is none', ['--in', TRAIN, '-o', out], 5, /ARPA/],
  ['a model to mix in without a weight', [TRAIN, '-o', out, '--mix', TRAIN], 2, /--tune/],
  ['a weight above one', [TRAIN, '-o', out, '--mix', `${TRAIN}:1.5`], 2, /weight 1\.5 is not between 0 and 1/],
  ['a model to mix in that is none', [TRAIN, '-o', out, '--mix', `${TRAIN}:0.5`], 5, /train\.txt.*ARPA/s],
  ['a text too small', [HELD_OUT, '-o', out, '--order', '9'], 2, /discounts of the \d-grams/],
])('%s: its exit code, and what to do', async (_, argv, code, message) => {
  const {stderr, exitCode} = await lingulu(...argv)
  expect(stderr).toMatch(message)
  expect(exitCode).toBe(code)
})
