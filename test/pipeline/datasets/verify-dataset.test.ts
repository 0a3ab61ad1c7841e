import {join} from 'node:path'
import {describe, expect, test} from 'vitest'
import {readDataset} from '../../../src/pipeline/datasets/read-dataset.js'
import {
  type Verification,
  type VerifyEvent,
  type VerifyOptions,
  verifyDataset,
} from '../../../src/pipeline/datasets/verify-dataset.js'
import {hasSharedData, needsSharedData, sharedData} from '../../support/shared-data.js'
import {wav, writeFiles} from './write-files.js'

async function verify(path: string, options: VerifyOptions = {}) {
  const events: VerifyEvent[] = []
  for await (const event of verifyDataset(await readDataset(path), options)) events.push(event)
  const last = events.at(-1)
  const verification: Verification | undefined = last?.type === 'done' ? last.verification : undefined
  return {events, verification, shown: verification?.problems.map(({kind, line}) => [kind, line])}
}

test('tells what is wrong with the audio and its times, after what reading found', async () => {
  const folder = await writeFiles({
    'm.jsonl': [
      {audio: 'good.wav', text: 'twelve letters', duration: 2.1},
      {audio: 'gone.wav', text: 'x'},
      {audio: 'text.wav', text: 'x'},
      {audio: 'cut.wav', text: 'x'},
      {audio: 'good.wav', text: 'past its end', offset: 5, duration: 1},
      {audio: 'good.wav', text: 'over its end', offset: 1.5, duration: 1},
      {audio: 'good.wav', text: 'to its end', offset: 1.5},
      {audio: 'long.wav', text: 'x', duration: 3},
      {audio: 'long.wav', text: 'x', offset: 0},
      {audio: 'short.wav', text: 'a great many words in next to no time'},
    ]
      .map(row => `${JSON.stringify(row)}\n`)
      .join(''),
    'good.wav': wav(2),
    'text.wav': 'This is no recording at all, but a text that somebody called one.',
    'cut.wav': wav(2).subarray(0, 40_000),
    'long.wav': wav(10),
    'short.wav': wav(0.5),
  })
  const {events, verification, shown} = await verify(folder)
  expect(shown).toEqual([
    ['missing-audio', 2],
    ['clip-outside-audio', 5],
    ['clip-outside-audio', 6],
    ['unreadable-audio', 3],
    ['damaged-audio', 4],
    ['wrong-duration', 8],
    ['implausible-duration', 9],
    ['implausible-duration', 10],
  ])
  expect(verification).toMatchObject({utterances: 10, recordings: 5})
  expect(verification?.seconds).toBeCloseTo(2 + (40_000 - 44) / 32_000 + 10 + 0.5, 2)
  const types = events.map(({type}) => type)
  expect(types.slice(0, 2)).toEqual(['problem', 'start'])
  expect(types.filter(type => type === 'problem')).toHaveLength(8)
  expect(events.filter(({type}) => type === 'progress').at(-1)).toEqual({type: 'progress', done: 5, recordings: 5})
})

test('what is too fast or too slow is the caller’s to say', async () => {
  const folder = await writeFiles({'m.csv': 'audio,text\na.wav,ten letters\n', 'a.wav': wav(1)})
  const one = async (options: VerifyOptions) => (await verify(join(folder, 'm.csv'), options)).shown
  expect(await one({})).toEqual([])
  expect(await one({maxCharactersPerSecond: 10})).toEqual([['implausible-duration', 2]])
})

test('ends when it is aborted', async () => {
  const folder = await writeFiles({'m.csv': 'audio,text\na.wav,x\n', 'a.wav': wav(1)})
  await expect(verify(folder, {signal: AbortSignal.abort(new Error('enough'))})).rejects.toThrow('enough')
})

test('our samples are sound', async () => {
  const {verification} = await verify('datasets/samples')
  expect(verification).toMatchObject({utterances: 8, recordings: 8, problems: []})
  expect(verification?.seconds).toBeCloseTo(25.4, 0)
})

describe.skipIf(!hasSharedData)(`published corpora raise no false alarm${needsSharedData}`, () => {
  test.each(['librispeech', 'lj-readings'])(
    '%s',
    async path => {
      expect((await verify(sharedData(path))).shown).toEqual([])
    },
    60_000,
  )
})
