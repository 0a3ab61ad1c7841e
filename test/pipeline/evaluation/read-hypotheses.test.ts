import {writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {beforeEach, describe, expect, test} from 'vitest'
import {readHypotheses} from '../../../src/pipeline/evaluation/read-hypotheses.js'
import {temporaryFolder} from '../transcripts/temporary-folder.js'
import {selected, utterance} from './selected-dataset.js'

const all = ['a', 'b', 'c'].map(id => utterance(id))
const dataset = selected(all)

let path: string
beforeEach(async () => {
  path = join(await temporaryFolder(), 'hyps.jsonl')
})

const read = async (lines: readonly unknown[], from = dataset) => {
  await writeFile(path, lines.map(line => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n'))
  return readHypotheses(path, from)
}
const textsOf = ({texts}: Awaited<ReturnType<typeof read>>) =>
  [...texts].map(([id, found]) => [id, found.status === 'ok' ? found.text : found.error.code])

describe('lines with id and text', () => {
  test('are taken as they are, an empty text too; the rest of a line is not ours', async () => {
    const found = await read(['\uFEFF{"id": "a", "text": " two  words\\u00e9 ", "pred": 1}', '', {id: 'b', text: ''}])
    expect(textsOf(found)).toEqual([
      ['a', ' two  wordsé '],
      ['b', ''],
    ])
    expect(found).toMatchObject({model: null, wallSeconds: undefined, warnings: []})
  })

  test('of utterances that are not in the sample are left out', async () => {
    const lines = all.map(({id}) => ({id, text: id}))
    expect(textsOf(await read(lines, selected(all, all.slice(1, 2))))).toEqual([['b', 'b']])
  })

  test.each<[string, readonly unknown[], RegExp]>([
    ['no JSON', [{id: 'a', text: ''}, 'a,b'], /line 2: not a JSON object/],
    ['no text', [{id: 'a', txt: 'x'}], /line 1: text: Invalid input/],
    ['an id that is a number', [{id: 1, text: 'x'}], /line 1: id: /],
    [
      'an id of no utterance',
      [
        {id: 'a', text: ''},
        {id: 'd', text: ''},
      ],
      /line 2: "d" is no id of the data set/,
    ],
    [
      'an id twice',
      [
        {id: 'a', text: 'x'},
        {id: 'a', text: 'x'},
      ],
      /line 2: "a" is there a second time/,
    ],
    ['nothing', [], /holds no hypothesis/],
    [
      'a transcript of a channel',
      [{type: 'result', status: 'ok', audio: 'a', channel: 'left', text: ''}],
      /one channel/,
    ],
  ])('%s is an error that says where', async (_, lines, message) => {
    await expect(read(lines)).rejects.toMatchObject({code: 'MANIFEST_INVALID', message: expect.stringMatching(message)})
  })

  test('have the hypothesis before the text, where a manifest has the reference', async () => {
    const found = await read([
      {id: 'a', text: 'said', pred_text: 'heard'},
      {id: 'b', hypothesis: ''},
    ])
    expect(textsOf(found)).toEqual([
      ['a', 'heard'],
      ['b', ''],
    ])
    await expect(read([{id: 'a', text: 'said', pred_text: null}])).rejects.toThrow('line 1: pred_text: ')
  })

  test('that are the data set itself are no hypotheses', async () => {
    const itself = selected([utterance('a', {place: {file: path, line: 1}})])
    await expect(read([{id: 'a', text: 'said'}], itself)).rejects.toThrow('line 1: the reference, and no hypothesis')
    expect(textsOf(await read([{id: 'a', text: 'said', hyp: 'heard'}], itself))).toEqual([['a', 'heard']])
  })

  test('may be of any length and have separators of lines in them; their end may lack a line feed', async () => {
    const long = 'word '.repeat(1 << 19)
    const found = await read([`{"id": "a", "text": "x\u2028y"}\r`, {id: 'b', text: long}])
    expect(textsOf(found)).toEqual([
      ['a', 'x\u2028y'],
      ['b', long],
    ])
  })

  test('in another encoding are an error that says from where', async () => {
    await writeFile(path, Buffer.from('{"id": "a", "text": "x"}\n{"id": "b", "text": "caf\xe9"}\n', 'latin1'))
    await expect(readHypotheses(path, dataset)).rejects.toMatchObject({
      code: 'MANIFEST_INVALID',
      message: expect.stringContaining('not UTF-8 text'),
    })
  })

  test('of another data set: twenty are shown, the others counted', async () => {
    const lines = Array.from({length: 25}, (_, index) => ({id: `x${index}`, text: ''}))
    const error = await read(lines).catch(thrown => thrown)
    expect(error.message.split('\n')).toHaveLength(22)
    expect(error.message).toMatch(/and 5 more$/)
  })
})

describe('lines of transcribe --jsonl', () => {
  const model = {name: 'tiny', hash: 'h', precision: 'fp32', provider: 'cpu'}
  const result = {type: 'result', status: 'ok', durationSeconds: 3, segments: [], model, options: {beamSize: 5}}

  test('are known by id, by the recording, or by its name', async () => {
    const found = await read([
      {...result, audio: 'elsewhere.wav', id: 'c', text: ' of c '},
      {...result, audio: '/recordings/b.wav', text: 'of b'},
      {type: 'result', status: 'failed', audio: 'copies/a.flac', error: {code: 'AUDIO_EMPTY', message: 'empty'}},
      {type: 'summary', version: '1'},
    ])
    expect(textsOf(found)).toEqual([
      ['c', 'of c'],
      ['b', 'of b'],
      ['a', 'AUDIO_EMPTY'],
    ])
    expect(found).toMatchObject({model, options: {beamSize: 5}, wallSeconds: undefined})
  })

  test('are not taken for an utterance whose recording has another name', async () => {
    const numbered = [0, 1].map(id => utterance(String(id), {audio: `/recordings/${id + 1}.wav`}))
    await expect(read([{...result, audio: 'copies/1.wav', text: 'x'}], selected(numbered))).rejects.toThrow(
      '"copies/1.wav" is no id',
    )
  })

  test('do not guess which part of a recording was heard', async () => {
    const parts = ['p', 'q'].map((id, index) =>
      utterance(id, {audio: '/recordings/long.wav', clip: {offsetSeconds: index, durationSeconds: 1}}),
    )
    await expect(read([{...result, audio: '/recordings/long.wav', text: 'x'}], selected(parts))).rejects.toThrow(
      '"/recordings/long.wav" is no id',
    )
  })
})

describe('a store of evaluate', () => {
  const header = {
    type: 'header',
    hypotheses: 1,
    version: '1',
    model: {name: 'tiny', hash: 'h', precision: 'fp32'},
    options: {beamSize: 5},
    dataset: {name: 'set', hash: dataset.hash, recordings: 'r', subset: null},
  }
  const part = {type: 'part', provider: 'cpu', machine: 'that machine', startedAt: '2026-01-02T03:04:05.000Z'}
  const line = (id: string, elapsedSeconds: number) => ({
    type: 'hypothesis',
    id,
    status: 'ok',
    text: `of ${id}`,
    durationSeconds: 2,
    wallSeconds: 0.25,
    elapsedSeconds,
  })
  const end = {type: 'end', finishedAt: '2026-01-02T03:05:05.000Z'}

  test('has the model and the times of its run', async () => {
    const found = await read([header, part, line('b', 1), line('a', 2), line('c', 3), end, ''])
    expect(found).toMatchObject({
      model: {name: 'tiny', provider: 'cpu'},
      options: {beamSize: 5},
      wallSeconds: 3,
      startedAt: part.startedAt,
    })
    expect(found.texts.get('a')).toEqual({status: 'ok', text: 'of a', durationSeconds: 2, latencySeconds: 0.25})
    expect(found.warnings).toEqual([expect.stringMatching(/^Speed is that of the run.*that machine/)])
  })

  test('that is not finished is scored as far as it goes, and that is said', async () => {
    const found = await read([header, part, line('b', 1), '{"type":"hypo'])
    expect(textsOf(found)).toEqual([['b', 'of b']])
    expect(found.wallSeconds).toBeUndefined()
    expect(found.warnings).toEqual([expect.stringContaining('not finished')])
  })

  test('of another version of the data set is scored, and that is said', async () => {
    const other = {...header, dataset: {...header.dataset, hash: 'before'}}
    const {warnings} = await read([other, part, line('b', 1), end, ''])
    expect(warnings).toContainEqual(expect.stringContaining('another version of the data set'))
  })

  test('of which a sample is scored has no speed', async () => {
    const lines = [header, part, line('b', 1), line('a', 2), line('c', 3), end, '']
    const found = await read(lines, selected(all, all.slice(0, 1)))
    expect(textsOf(found)).toEqual([['a', 'of a']])
    expect(found.wallSeconds).toBeUndefined()
  })
})

test('a file that is not there is an error of usage', async () => {
  await expect(readHypotheses(path, dataset)).rejects.toMatchObject({
    code: 'USAGE',
    message: `${path}: cannot be read (ENOENT)`,
  })
})
