import {join} from 'node:path'
import {expect, test} from 'vitest'
import {describeDataset} from '../../../src/pipeline/datasets/describe-dataset.js'
import {readDataset} from '../../../src/pipeline/datasets/read-dataset.js'
import {dataset, utterance} from './utterances.js'
import {wav, writeFiles} from './write-files.js'

test('counts utterances, words, characters, lengths and the values of columns', async () => {
  const description = await describeDataset(
    dataset([
      utterance({id: '1', audio: '/a', text: 'one two  one', speaker: 's', durationSeconds: 2, columns: {age: '1'}}),
      utterance({id: '2', audio: '/a', text: 'ß ö', speaker: 's', durationSeconds: 4, columns: {age: '2', sex: 'f'}}),
      utterance({id: '3', audio: '/b', text: '', speaker: 't', language: 'de', columns: {age: '1'}}),
    ]),
  )
  expect(description).toMatchObject({
    utterances: 3,
    recordings: 2,
    speakers: 2,
    seconds: 6,
    utterancesOfKnownLength: 2,
    words: 5,
    vocabulary: 4,
    emptyReferences: 1,
    secondsPerUtterance: {min: 2, p50: 3, mean: 3, max: 4},
    wordsPerUtterance: {min: 0, p50: 2, max: 3},
    charactersPerSecond: {min: 0.75, max: 6},
  })
  expect(description.characters.slice(0, 3)).toEqual([
    {character: 'o', count: 3},
    {character: 'e', count: 2},
    {character: 'n', count: 2},
  ])
  expect(description.columns).toEqual([
    {
      name: 'speaker',
      utterances: 3,
      distinct: 2,
      values: [
        {value: 's', count: 2},
        {value: 't', count: 1},
      ],
    },
    {
      name: 'age',
      utterances: 3,
      distinct: 2,
      values: [
        {value: '1', count: 2},
        {value: '2', count: 1},
      ],
    },
    {name: 'sex', utterances: 1, distinct: 1, values: [{value: 'f', count: 1}]},
    {name: 'language', utterances: 1, distinct: 1, values: [{value: 'de', count: 1}]},
  ])
})

test('of nothing there is nothing', async () => {
  expect(await describeDataset(dataset([]))).toMatchObject({
    utterances: 0,
    seconds: 0,
    secondsPerUtterance: null,
    words: 0,
  })
})

test('lengths that the data set does not tell are read from the recordings when asked', async () => {
  const folder = await writeFiles({
    'm.csv': 'audio,text,start,end\na.wav,whole,,\nb.wav,to its end,1,\nb.wav,part,0,0.5\nno.wav,x,,\n',
    'a.wav': wav(2),
    'b.wav': wav(3),
    'no.wav': 'not a recording',
  })
  const set = await readDataset(join(folder, 'm.csv'))
  expect(await describeDataset(set)).toMatchObject({seconds: 0.5, utterancesOfKnownLength: 1})
  const progress: number[] = []
  const description = await describeDataset(set, {readDurations: true, onProgress: done => progress.push(done)})
  expect(description).toMatchObject({seconds: 4.5, utterancesOfKnownLength: 3})
  expect(progress).toEqual([1, 2, 3])
})

test('recordings without a length in their header are decoded for it', async () => {
  const set = await readDataset('datasets/samples/manifest.csv', {columns: {seconds: 'pitch'}})
  const unknown = {...set, utterances: set.utterances.map(row => ({...row, durationSeconds: undefined}))}
  const {secondsPerUtterance, utterancesOfKnownLength} = await describeDataset(unknown, {readDurations: true})
  expect(utterancesOfKnownLength).toBe(8)
  expect(secondsPerUtterance?.min).toBeCloseTo(2.55, 1)
  expect(secondsPerUtterance?.max).toBeCloseTo(4.08, 1)
})
