import {readFile, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {describe, expect, test} from 'vitest'
import {readDataset} from '../../../src/pipeline/datasets/read-dataset.js'
import type {Utterance} from '../../../src/pipeline/datasets/utterance.js'
import {writeManifest} from '../../../src/pipeline/datasets/write-manifest.js'
import {hasSharedData, needsSharedData, sharedData} from '../../support/shared-data.js'
import {temporaryFolder} from '../transcripts/temporary-folder.js'
import {utterance} from './utterances.js'

const withoutPlaces = (utterances: readonly Utterance[]) => utterances.map(({place: _, ...others}) => others)

const EXTENSIONS = ['csv', 'jsonl']

describe.each(EXTENSIONS)('a written .%s is read back as it was', extension => {
  test('with every field, and texts that need quotes', async () => {
    const folder = await temporaryFolder()
    const utterances = [
      utterance({
        id: 'u 1',
        audio: join(folder, 'a, b.wav'),
        text: 'She said: "no, never"',
        speaker: 's;1',
        durationSeconds: 2.5,
      }),
      utterance({
        id: 'u2',
        audio: '/elsewhere/c.wav',
        clip: {offsetSeconds: 0, durationSeconds: 1.25},
        durationSeconds: 1.25,
        channel: 'left',
        text: 'two\nlines, 日本 é',
        language: 'en',
        columns: {accent: 'x,y', age: '12', 'odd name, too': '"'},
      }),
      utterance({
        id: 'u3',
        audio: join(folder, 'sub/c.wav'),
        clip: {offsetSeconds: 3.5},
        durationSeconds: 7,
        text: 'x',
      }),
      utterance({id: '007', audio: join(folder, 'd.wav'), text: '1e3'}),
      utterance({id: 'u5', audio: join(folder, 'e.wav'), text: ''}),
    ]
    const path = join(folder, `m.${extension}`)
    await writeManifest(path, utterances)
    const dataset = await readDataset(path, {audio: 'ignored'})
    expect(withoutPlaces(dataset.utterances)).toEqual(withoutPlaces(utterances))
    expect(dataset.problems.map(({kind}) => kind)).toEqual(['empty-reference'])
  })

  test('without recordings', async () => {
    const path = join(await temporaryFolder(), `m.${extension}`)
    const utterances = [utterance({id: 'a', text: 'x'}), utterance({id: 'b', text: 'y', columns: {accent: 'z'}})]
    await writeManifest(path, utterances)
    expect(withoutPlaces((await readDataset(path, {audio: 'ignored'})).utterances)).toEqual(withoutPlaces(utterances))
  })

  test.skipIf(!hasSharedData).each(['librispeech', 'speechocean762/test.csv', 'fsdd/audio'])(
    `%s${needsSharedData}`,
    async corpus => {
      const path = join(await temporaryFolder(), `m.${extension}`)
      const dataset = await readDataset(sharedData(corpus))
      await writeManifest(path, dataset.utterances)
      const again = await readDataset(path)
      expect(again.problems).toEqual([])
      expect(withoutPlaces(again.utterances)).toEqual(withoutPlaces(dataset.utterances))
      expect(again.hash).toBe(dataset.hash)
    },
  )
})

test('recordings in the folder of the manifest are named from there, others by their whole path', async () => {
  const folder = await temporaryFolder()
  const path = join(folder, 'm.csv')
  const utterances = [utterance({id: 'a', audio: join(folder, 'b/c.wav')}), utterance({id: 'd', audio: '/e/f.wav'})]
  await writeManifest(path, utterances)
  expect(await readFile(path, 'utf8')).toBe('id,audio,text\na,b/c.wav,\nd,/e/f.wav,\n')
  await writeManifest(path, utterances, {paths: 'absolute', onExists: 'overwrite'})
  expect(await readFile(path, 'utf8')).toContain(`a,${folder}/b/c.wav,`)
})

test('nothing is written over, and nothing but CSV and JSON lines is written', async () => {
  const path = join(await temporaryFolder(), 'm.csv')
  await writeFile(path, 'mine')
  await expect(writeManifest(path, [])).rejects.toMatchObject({code: 'OUTPUT_EXISTS'})
  expect(await readFile(path, 'utf8')).toBe('mine')
  await expect(writeManifest(`${path}.xlsx`, [])).rejects.toMatchObject({code: 'USAGE'})
})
