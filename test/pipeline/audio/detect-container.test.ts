import {readFileSync} from 'node:fs'
import {describe, expect, test} from 'vitest'
import {detectContainer} from '../../../src/pipeline/audio/detect-container.js'
import {createRandom} from './random.js'
import {seedPath} from './sources.js'
import {s16, wavFile} from './wav-file.js'

const hex = (text: string) => new Uint8Array(Buffer.from(text.replaceAll(' ', ''), 'hex'))
const ascii = (text: string) => new Uint8Array(Buffer.from(text, 'latin1'))

test.each([
  ['stereo16k.wav', 'native', 'wav'],
  ['mono16k-adpcm.wav', 'ffmpeg', 'wav with codec 0x0011'],
  ['stereo44k.flac', 'native', 'flac'],
  ['mono16k-flac.oga', 'native', 'ogg'],
  ['stereo44k-cbr.mp3', 'native', 'mp3'],
  ['mono32k-untagged.mp3', 'native', 'mp3'],
  ['stereo44k.ogg', 'native', 'ogg'],
  ['stereo48k.opus', 'native', 'ogg'],
  ['stereo44k.m4a', 'ffmpeg', 'MP4/M4A'],
  ['mono48k.webm', 'ffmpeg', 'WebM/Matroska'],
])('%s is for %s: %s', (name, kind, format) => {
  expect(detectContainer(new Uint8Array(readFileSync(seedPath(name))))).toEqual({kind, name: format})
})

describe('formats for ffmpeg by their first bytes', () => {
  test.each([
    [hex('3026b2758e66cf11a6d900aa0062ce6c'), 'WMA/ASF'],
    [ascii('#!AMR\n<\x91\x17'), 'AMR'],
    [ascii('FORM\0\0\0\0AIFFCOMM'), 'AIFF'],
    [ascii('caff\0\x01\0\0desc'), 'CAF'],
    [hex('fff15080 2ffffc de0200'), 'AAC'],
    [hex('00000001020304f0f1f2'), 'unknown'],
  ])('%s', (bytes, name) => {
    expect(detectContainer(bytes)).toEqual({kind: 'ffmpeg', name})
  })
})

describe('what is no sound is named', () => {
  test.each([
    ['plain text', ascii('Hello, world\r\n'), 'text'],
    ['JSON', ascii('{"a": [1, 2]}'), 'text'],
    ['a playlist', ascii('#EXTM3U\nhttp://example.org/a.ts\n'), 'text'],
    ['UTF-16 text', hex('fffe48006900'), 'text'],
    ['text whose last character is cut', new Uint8Array(Buffer.from(`${'x'.repeat(4095)}ü`)), 'text'],
    ['a JPEG', hex('ffd8ffe000104a464946'), 'a JPEG image'],
    ['a PDF', ascii('%PDF-1.7\n%\xe2\xe3'), 'a PDF document'],
    ['a program', hex('7f454c460201010000'), 'a program'],
    ['MIDI', ascii('MThd\0\0\0\x06'), 'a MIDI file (notes, no sound)'],
  ])('%s', (_, bytes, what) => {
    expect(detectContainer(bytes)).toEqual({kind: 'other', what})
  })
})

test('mp3 is found behind padding and in the middle of a frame', () => {
  const mp3 = readFileSync(seedPath('stereo44k-cbr.mp3'))
  expect(detectContainer(new Uint8Array(Buffer.concat([Buffer.alloc(500), mp3])))).toMatchObject({name: 'mp3'})
  expect(detectContainer(new Uint8Array(mp3.subarray(1000)))).toMatchObject({name: 'mp3'})
})

test('noise is not taken for mp3', () => {
  const random = createRandom(7)
  for (let i = 0; i < 50; i++) {
    const noise = Uint8Array.from({length: 65_536}, () => random.integer(256))
    noise[0] = 0
    expect(detectContainer(noise)).toEqual({kind: 'ffmpeg', name: 'unknown'})
  }
})

test('any head of any length has an answer', () => {
  const whole = wavFile(s16([0.1, 0.2, 0.3]))
  for (let length = 0; length < whole.length; length++) {
    expect(['native', 'ffmpeg', 'other']).toContain(detectContainer(whole.subarray(0, length)).kind)
  }
})
