import {mkdir, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {describe, expect, test} from 'vitest'
import {type AugmentationInput, parseAugmentation} from '../../../src/pipeline/augmentation/augmentation-config.js'
import {createAugmenter} from '../../../src/pipeline/augmentation/augmenter.js'
import {loadSounds} from '../../../src/pipeline/augmentation/load-sounds.js'
import {openAugmenter} from '../../../src/pipeline/augmentation/open-augmenter.js'
import {seededRandom} from '../../../src/pipeline/decoding/random.js'
import {suiteFolder} from '../../support/lingulu.js'
import {writeWav} from '../../support/speech.js'
import {decibels, powerOf, tone} from './tones.js'

const home = suiteFolder()
const EVERYTHING: AugmentationInput = {
  speed: {},
  time_stretch: {},
  pitch: {},
  reverberation: {},
  noise: {kinds: ['white', 'pink', 'brown']},
  gain: {},
  codec: {kinds: ['telephone', 'narrow-band', 'mu-law', 'few-bits']},
  spec_augment: {time_warp_frames: 5},
}
const samples = tone(440, 0.5)
const features = Float32Array.from({length: 100 * 80}, (_, i) => Math.sin(i))

test('no configuration changes nothing', () => {
  const {augmentAudio, augmentFeatures} = createAugmenter({})
  expect(augmentAudio(samples, Math.random)).toEqual({samples, applied: []})
  expect(augmentFeatures(features, 80, Math.random)).toBe(features)
})

test('what is drawn depends on the random numbers alone, not on what was augmented before', () => {
  const ids = ['a', 'b', 'c', 'd']
  const augmented = (order: readonly string[]) => {
    const {augmentAudio, augmentFeatures} = createAugmenter(EVERYTHING)
    return new Map(
      order.map(id => {
        const random = seededRandom(7, 3, id)
        return [id, {audio: augmentAudio(samples, random), features: augmentFeatures(features, 80, random)}]
      }),
    )
  }
  const [forwards, backwards] = [augmented(ids), augmented([...ids].reverse())]
  for (const id of ids) expect(forwards.get(id)).toEqual(backwards.get(id))
  expect(forwards.get('a')).not.toEqual(forwards.get('b'))
})

test('steps come in the order speaker, room, way to the file, and are told', () => {
  const {applied} = createAugmenter(EVERYTHING).augmentAudio(samples, seededRandom(1))
  expect(applied.map(({kind}) => kind)).toEqual([
    'speed',
    'time_stretch',
    'pitch',
    'reverberation',
    'noise',
    'gain',
    'codec',
  ])
})

test('the input stays as it is', () => {
  const before = samples.slice()
  createAugmenter(EVERYTHING).augmentAudio(samples, seededRandom(2))
  expect(samples).toEqual(before)
})

test('a probability is the share of recordings', () => {
  const {augmentAudio} = createAugmenter({gain: {probability: 0.3, decibels: -6}})
  const changed = Array.from({length: 1000}, (_, id) => augmentAudio(samples, seededRandom(id)).applied.length)
  expect(changed.reduce((sum, count) => sum + count, 0) / 1000).toBeCloseTo(0.3, 1)
})

describe('a range', () => {
  test('is drawn from evenly, to its ends', () => {
    const {augmentAudio} = createAugmenter({gain: {decibels: {min: -10, max: 10}}})
    const drawn = Array.from({length: 500}, (_, id) => {
      const [step] = augmentAudio(Float32Array.of(0.1), seededRandom(id)).applied
      return step?.kind === 'gain' ? step.decibels : Number.NaN
    })
    expect(Math.min(...drawn)).toBeLessThan(-9.5)
    expect(Math.max(...drawn)).toBeGreaterThan(9.5)
    expect(drawn.reduce((sum, value) => sum + value, 0) / 500).toBeCloseTo(0, -1)
  })

  test('of one number is that number', () => {
    const {samples: louder, applied} = createAugmenter({gain: {decibels: 6}}).augmentAudio(samples, Math.random)
    expect(applied).toEqual([{kind: 'gain', decibels: 6}])
    expect(decibels(powerOf(louder) / powerOf(samples))).toBeCloseTo(6, 4)
  })
})

describe('the names of the contract', () => {
  test.each<[AugmentationInput, object]>([
    [{time_stretch_factor: 1.25}, {kind: 'time_stretch', factor: 1.25}],
    [{pitch_shift_steps: -2}, {kind: 'pitch', semitones: -2}],
    [{add_noise: true}, {kind: 'noise', noise: 'white', level: 0.005}],
    [
      {add_noise: true, noise_level: 0.02},
      {kind: 'noise', noise: 'white', level: 0.02},
    ],
  ])('%j are taken', (config, step) => {
    expect(createAugmenter(config).augmentAudio(samples, seededRandom(1)).applied).toEqual([step])
  })

  test('give noise of that deviation, whatever the level of the speech', () => {
    const {samples: noisy} = createAugmenter({add_noise: true, noise_level: 0.02}).augmentAudio(
      samples,
      seededRandom(1),
    )
    expect(Math.sqrt(powerOf(noisy.map((sample, n) => sample - samples[n]!)))).toBeCloseTo(0.02, 3)
  })

  test('switch noise off', () =>
    expect(createAugmenter({add_noise: false}).augmentAudio(samples, Math.random).applied).toEqual([]))
})

test.each<[string, unknown, RegExp]>([
  ['an unknown key', {sped: {}}, /Unrecognized key: "sped"/],
  ['an unknown key of a kind', {speed: {factors: 1}}, /Unrecognized key: "factors"[\s\S]*speed/],
  ['a range the wrong way round', {speed: {factor: {min: 1.1, max: 0.9}}}, /min is greater than max/],
  ['a factor of nothing', {speed: {factor: 0}}, />=0.5/],
  ['a share of more than all', {gain: {probability: 1.5}}, /<=1/],
  ['a folder that is not given', {noise: {kinds: ['folder']}}, /needs a folder/],
  ['the same twice', {pitch: {}, pitch_shift_steps: 2}, /says the same as pitch/],
  ['a level without noise', {noise_level: 0.1}, /needs add_noise/],
  ['no object', [], /expected object/],
])('%s is refused', (_, config, message) => {
  expect(() => parseAugmentation(config, 'train.json')).toThrow(
    expect.objectContaining({code: 'CONFIG_INVALID', message: expect.stringMatching(message)}),
  )
})

describe('folders', () => {
  test('of noise and of rooms are loaded, and drawn from', async () => {
    const [noise, rooms] = [join(home, 'noise'), join(home, 'rooms')]
    await mkdir(join(noise, 'street'), {recursive: true})
    await mkdir(rooms)
    await writeWav(noise, 'hum.wav', tone(50, 1))
    await writeWav(join(noise, 'street'), 'cars.wav', tone(90, 3))
    await writeWav(noise, 'silence.wav', new Float32Array(100))
    await writeFile(join(noise, 'broken.wav'), 'no sound')
    await writeFile(join(noise, 'README.txt'), 'not audio')
    const click = new Float32Array(400)
    click[30] = 0.9
    await writeWav(rooms, 'closet.wav', click)
    const config = {noise: {folder: noise, snr_db: 10}, reverberation: {folder: rooms}}
    const {augmenter, notes} = await openAugmenter(config)
    expect([...notes].sort((a, b) => (a.includes('broken') ? -1 : b.includes('broken') ? 1 : 0))).toEqual([
      expect.stringMatching(/^Left out: .*broken\.wav/),
      expect.stringMatching(/silence\.wav is silent/),
    ])
    const files = new Set<string>()
    for (let id = 0; id < 20; id++) {
      const {samples: noisy, applied} = augmenter.augmentAudio(samples, seededRandom(id))
      for (const step of applied) if ('file' in step) files.add(step.file)
      // One click is no room: what is left is the noise.
      const added = noisy.map((sample, n) => sample - samples[n]!)
      expect(decibels(powerOf(samples) / powerOf(added))).toBeCloseTo(10, 1)
    }
    expect([...files].sort()).toEqual(['closet.wav', 'hum.wav', join('street', 'cars.wav')])
  })

  test('are loaded up to a limit, and the user is told', async () => {
    const folder = join(home, 'many')
    await mkdir(folder)
    for (const name of ['a', 'b', 'c', 'd']) await writeWav(folder, `${name}.wav`, tone(100, 2))
    const {sounds, notes} = await loadSounds(folder, {secondsEach: 1, secondsInAll: 2})
    expect(sounds.map(({samples: loaded}) => loaded.length)).toEqual([16_000, 16_000])
    expect(notes).toEqual([expect.stringMatching(/2 of 4 recordings are used/)])
  })

  test.each([
    ['is not there', 'nowhere', /no such folder/],
    ['has no recording', '.', /not one recording/],
  ])('that %s is refused', async (_, name, message) => {
    const folder = join(home, 'bad', name)
    await mkdir(join(home, 'bad'), {recursive: true})
    await expect(openAugmenter({noise: {folder}})).rejects.toMatchObject({
      code: 'INPUT_MISSING',
      message: expect.stringMatching(message),
    })
  })

  test('whose recordings are not given are refused', () => {
    expect(() => createAugmenter({noise: {folder: 'street'}})).toThrow(/street/)
  })
})
