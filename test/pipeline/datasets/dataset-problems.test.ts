import {join} from 'node:path'
import {describe, expect, test} from 'vitest'
import {parseColumns} from '../../../src/pipeline/datasets/dataset-options.js'
import {checkDataset, formatProblems, withoutErrors} from '../../../src/pipeline/datasets/dataset-problems.js'
import {readDataset} from '../../../src/pipeline/datasets/read-dataset.js'
import {toInput} from '../../../src/pipeline/datasets/to-input.js'
import {utterance} from './utterances.js'
import {writeFiles} from './write-files.js'

describe('a data set with errors', () => {
  const read = async (rows: string) => {
    const folder = await writeFiles({'m.csv': `id,audio,text\n${rows}`, 'a.wav': '', 'b.wav': ''})
    return readDataset(join(folder, 'm.csv'))
  }

  test('does not pass; the first 20 are shown', async () => {
    const dataset = await read(Array.from({length: 23}, (_, index) => `${index},gone.wav,x\n`).join(''))
    try {
      checkDataset(dataset)
      expect.unreachable()
    } catch (error) {
      expect(error).toMatchObject({code: 'MANIFEST_INVALID'})
      const lines = (error as Error).message.split('\n')
      expect(lines[0]).toMatch(/m\.csv: a data set with 23 problems$/)
      expect(lines).toHaveLength(22)
      expect(lines[1]).toMatch(/m\.csv, line 2: .*gone\.wav: no such file/)
      expect(lines[21]).toBe('  and 3 more')
    }
  })

  test('passes with warnings alone', async () => {
    const dataset = await read('1,a.wav,\n2,a.wav,x\n')
    expect(formatProblems(dataset.problems, dataset.path.replace('/m.csv', ''))).toEqual([
      'm.csv, line 2: the reference of "1" is empty',
      expect.stringMatching(/^m\.csv, line 3: .*a\.wav again, as in line 2$/),
    ])
    expect(() => checkDataset(dataset)).not.toThrow()
  })

  test('has utterances that can be used all the same', async () => {
    const dataset = await read('1,a.wav,x\n1,b.wav,y\n3,gone.wav,z\n4,b.wav,\n')
    expect(withoutErrors(dataset).map(({id, text}) => [id, text])).toEqual([
      ['1', 'x'],
      ['4', ''],
    ])
  })

  test.each([
    ['whose recording another list lacks', {'wav.scp': 'u1 a.wav\nu2 sox x |\n', text: 'u1 one\nu2 two\n'}, ['u1']],
    ['of a list without a column of recordings', {'m.csv': 'id,text\n1,one\n'}, []],
    ['of a list without a column of references', {'m.csv': 'id,audio\n1,a.wav\n'}, []],
    ['of a Kaldi folder without references', {'wav.scp': 'u1 a.wav\n'}, []],
  ])('has none %s', async (_, files, usable) => {
    const dataset = await readDataset(await writeFiles({...files, 'a.wav': ''}))
    expect(withoutErrors(dataset).map(({id}) => id)).toEqual(usable)
  })
})

test('an utterance is an input with its part, channel and language', () => {
  const clip = {offsetSeconds: 1, durationSeconds: 2}
  const row = utterance({id: 'u', audio: '/x/y/a.wav', text: 'hello', language: 'en', clip, channel: 'right'})
  expect(toInput(row, '/x')).toEqual({
    path: '/x/y/a.wav',
    name: 'y/a.wav',
    relativePath: 'u',
    id: 'u',
    text: 'hello',
    language: 'en',
    clip,
    channel: 'right',
  })
})

test('an utterance without a recording is no input', () => {
  expect(() => toInput(utterance({id: 'u'}))).toThrow(/list\.csv, line 1: utterance "u" names no recording/)
})

describe('--columns', () => {
  test.each([
    ['text=sentence,audio=path', {text: 'sentence', audio: 'path'}],
    [' start = Begin of it , end=x=y', {offset: 'Begin of it', end: 'x=y'}],
  ])('%j', (text, expected) => expect(parseColumns(text)).toEqual(expected))

  test.each([
    ['text', /"text" is not field=column/, /Fields are/],
    ['text=', /is not field=column/, /Fields are/],
    ['texd=a', /no field "texd"/, /Did you mean text\?/],
    ['__proto__=a', /no field/, /Fields are/],
    ['start=a,offset=b', /offset is there twice/, /Fields are/],
  ])('%j is refused', (text, message, hint) => {
    try {
      parseColumns(text)
      expect.unreachable()
    } catch (error) {
      expect(error).toMatchObject({
        code: 'USAGE',
        message: expect.stringMatching(message),
        hint: expect.stringMatching(hint),
      })
    }
  })
})
