import {readFile, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {expect, test} from 'vitest'
import {LinguluError} from '../../../../src/pipeline/errors.js'
import {decodeParts} from '../../../../src/pipeline/training/data/decode-recording.js'
import {type PrepareSoundsOptions, prepareSounds} from '../../../../src/pipeline/training/data/prepare-sounds.js'
import {readSpool, spoolPath} from '../../../../src/pipeline/training/data/sound-spool.js'
import type {ListedItem} from '../../../../src/pipeline/training/data/training-set.js'
import {suiteFolder} from '../../../support/lingulu.js'
import {writeWav} from '../../../support/speech.js'

const home = suiteFolder()

const item = (id: string, clip?: ListedItem['clip']): ListedItem => ({
  id,
  audio: join(home, id),
  clip,
  channel: undefined,
  text: 'A',
  speaker: undefined,
  phones: undefined,
  label: undefined,
})

interface Preparing extends Partial<Pick<PrepareSoundsOptions, 'retry' | 'signal' | 'folder'>> {
  readonly listed?: readonly ListedItem[]
  /** Which recordings cannot be decoded. */
  readonly broken?: readonly string[]
  readonly onDecode?: (id: string) => unknown
}

/** Prepares recordings of a second (of as many samples as their names say) in a folder, and tells which were decoded. */
async function prepare(
  name: string,
  {listed = [item('a'), item('b')], broken = [], onDecode, ...options}: Preparing = {},
) {
  const decoded: string[] = []
  const {items, skipped} = await prepareSounds(listed, {
    folder: join(home, name),
    threads: {
      count: 1,
      async decode({audio, clips}) {
        const id = audio.slice(home.length + 1)
        decoded.push(id)
        await onDecode?.(id)
        if (broken.includes(id)) throw new LinguluError('FFMPEG_MISSING', 'there is no FFmpeg')
        return clips.map(clip =>
          clip?.offsetSeconds === 9 ? 'empty' : new Int16Array(id.charCodeAt(0)).fill(decoded.length),
        )
      },
    },
    minSeconds: 0,
    maxSeconds: 10,
    trimSilence: false,
    retry: true,
    onProgress: () => undefined,
    signal: new AbortController().signal,
    ...options,
  })
  return {
    decoded,
    found: items.map(one => one?.item.id),
    sounds: items.map(one => one?.sound),
    skipped: skipped.map(({reason}) => reason),
  }
}

const spooled = (start: number, samples: number) => ({kind: 'spool', start, samples})

test('recordings are decoded once; those that could not be are tried again by the next run, not by a resumed one', async () => {
  const missing = {found: ['a', undefined], skipped: ['there is no FFmpeg']}
  expect(await prepare('once', {broken: ['b']})).toMatchObject({decoded: ['a', 'b'], ...missing})
  expect(await prepare('once', {broken: ['b']})).toMatchObject({decoded: ['b'], ...missing})
  expect(await prepare('once', {retry: false})).toMatchObject({decoded: [], ...missing})
  expect(await prepare('once')).toMatchObject({decoded: ['b'], found: ['a', 'b'], skipped: []})
  expect(await prepare('once')).toMatchObject({
    decoded: [],
    found: ['a', 'b'],
    sounds: [spooled(0, 97), spooled(97, 98)],
  })
})

test('a spool that is cut short is made anew', async () => {
  await prepare('cut')
  await writeFile(spoolPath(join(home, 'cut')), '')
  expect(await prepare('cut')).toMatchObject({decoded: ['a', 'b'], found: ['a', 'b']})
})

test('the index of a spool that is cut short goes before other samples come', async () => {
  const folder = join(home, 'stale')
  await prepare('stale')
  await writeFile(spoolPath(folder), '')
  let known: number | undefined
  const onDecode = async () => {
    known ??= await readFile(join(folder, 'audio.json')).then(
      bytes => bytes.length,
      () => 0,
    )
  }
  await prepare('stale', {listed: [item('b'), item('a')], onDecode})
  expect(known).toBe(0)
})

test('only recordings that are new are decoded, in whatever order all of them come', async () => {
  await prepare('more')
  const listed = [item('c'), item('b'), item('a')]
  const {decoded, sounds} = await prepare('more', {listed})
  expect(decoded).toEqual(['c'])
  expect(sounds).toEqual([spooled(195, 99), spooled(97, 98), spooled(0, 97)])
  const twice = await prepare('more', {listed: [item('b'), item('b')]})
  expect(twice).toMatchObject({decoded: [], sounds: [spooled(97, 98), spooled(97, 98)]})
})

test('what was decoded before an interruption is kept, and what a killed run left behind is written over', async () => {
  const stop = new AbortController()
  const listed = ['a', 'b', 'c', 'd', 'e'].map(id => item(id))
  const interrupted = prepare('stop', {listed, signal: stop.signal, onDecode: id => id === 'd' && stop.abort()})
  await expect(interrupted).rejects.toThrow('aborted')
  const folder = join(home, 'stop')
  const known = [...(await readSpool(folder)).values()]
  expect(known.slice(0, 1)).toEqual([{start: 0, samples: 97}])
  await writeFile(spoolPath(folder), Buffer.alloc(3), {flag: 'a'})
  const {decoded, sounds} = await prepare('stop', {listed})
  expect(decoded).toEqual(['a', 'b', 'c', 'd', 'e'].slice(known.length))
  expect(sounds).toEqual([spooled(0, 97), spooled(97, 98), spooled(195, 99), spooled(294, 100), spooled(394, 101)])
})

test.each([undefined, 'parts'])('parts of one recording are decoded together (spool %s)', async folder => {
  const parts = [0, 1, 9, 2].map(offsetSeconds => item('a', {offsetSeconds, durationSeconds: 1}))
  const {decoded, sounds, skipped} = await prepare('', {
    listed: [...parts, item('b')],
    folder: folder && join(home, folder),
  })
  expect(decoded).toEqual(['a', 'b'])
  expect(skipped).toEqual(['empty'])
  expect(sounds.map(sound => sound?.kind)).toEqual(
    [0, 1, 2, 3, 4].map(index => (index === 2 ? undefined : folder === undefined ? 'file' : 'spool')),
  )
})

test('parts of a recording have its samples, and one behind its end has none', async () => {
  const path = await writeWav(
    home,
    'ramp.wav',
    Float32Array.from({length: 32_000}, (_, at) => at / 32_768),
  )
  const second = {offsetSeconds: 1, durationSeconds: 0.5}
  const [part, behind, whole] = await decodeParts(
    {audio: path, channel: undefined},
    [second, {offsetSeconds: 2}, undefined],
    {trimSilence: false},
  )
  expect(part).toEqual(Float32Array.from({length: 8000}, (_, at) => (16_000 + at) / 32_768))
  expect(behind).toMatchObject({code: 'AUDIO_EMPTY', message: `${path}: the part from 2 s on is empty`})
  expect(whole).toHaveLength(32_000)
})
