import {writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {expect, test} from 'vitest'
import {LinguluError} from '../../../../src/pipeline/errors.js'
import {prepareSounds, spoolPath} from '../../../../src/pipeline/training/data/prepare-sounds.js'
import type {ListedItem} from '../../../../src/pipeline/training/data/training-set.js'
import {suiteFolder} from '../../../support/lingulu.js'

const home = suiteFolder()

const item = (id: string): ListedItem => ({
  id,
  audio: join(home, id),
  clip: undefined,
  channel: undefined,
  text: 'A',
  speaker: undefined,
  phones: undefined,
  label: undefined,
})

/** Prepares two recordings in a folder; `b` can be decoded or not. Gives which there are, and how many were decoded. */
async function prepare(name: string, {decodes, retry = true}: {readonly decodes: boolean; readonly retry?: boolean}) {
  let decoded = 0
  const {items, skipped} = await prepareSounds([item('a'), item('b')], {
    folder: join(home, name),
    threads: {
      async decode({audio}) {
        decoded++
        if (!decodes && audio.endsWith('b')) throw new LinguluError('FFMPEG_MISSING', 'there is no FFmpeg')
        return new Int16Array(16_000)
      },
    },
    parallel: 2,
    minSeconds: 0,
    maxSeconds: 10,
    trimSilence: false,
    retry,
    onProgress: () => undefined,
    signal: new AbortController().signal,
  })
  return {decoded, found: items.map(one => one?.item.id), skipped: skipped.map(({reason}) => reason)}
}

test('recordings are decoded once; those that could not be are tried again by the next run, not by a resumed one', async () => {
  const missing = {found: ['a', undefined], skipped: ['there is no FFmpeg']}
  expect(await prepare('once', {decodes: false})).toEqual({decoded: 2, ...missing})
  expect(await prepare('once', {decodes: false})).toEqual({decoded: 1, ...missing})
  expect(await prepare('once', {decodes: true, retry: false})).toEqual({decoded: 0, ...missing})
  expect(await prepare('once', {decodes: true})).toMatchObject({found: ['a', 'b'], skipped: []})
  expect(await prepare('once', {decodes: true})).toMatchObject({decoded: 0, found: ['a', 'b']})
})

test('a spool that is cut short is made anew', async () => {
  await prepare('cut', {decodes: true})
  await writeFile(spoolPath(join(home, 'cut')), '')
  expect(await prepare('cut', {decodes: true})).toMatchObject({decoded: 2, found: ['a', 'b']})
})
