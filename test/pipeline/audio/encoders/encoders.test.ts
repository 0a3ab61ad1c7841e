import {writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {execaSync} from 'execa'
import {describe, expect, test} from 'vitest'
import {encodeFlac} from '../../../../src/pipeline/audio/encoders/flac.js'
import {encodeWav, toInt16} from '../../../../src/pipeline/audio/encoders/wav.js'
import {seededRandom} from '../../../../src/pipeline/decoding/random.js'
import {sample, suiteFolder} from '../../../support/lingulu.js'
import {samplesOf} from '../../../support/speech.js'
import {hasFfmpeg} from '../ffmpeg.js'

const home = suiteFolder()
const random = seededRandom('encoders')
const ENCODERS = {wav: encodeWav, flac: encodeFlac} as const

const SIGNALS: readonly (readonly [string, Int16Array])[] = [
  ['one sample', Int16Array.of(-5)],
  ['two samples', Int16Array.of(7, -32_768)],
  ['a whole block', Int16Array.from({length: 4096}, (_, n) => 3000 * Math.sin(n / 9))],
  ['a block and a sample', Int16Array.from({length: 4097}, (_, n) => 20_000 * Math.sin(n / 50))],
  ['loud noise', Int16Array.from({length: 9000}, () => (random() - 0.5) * 65_535)],
  ['the greatest leaps', Int16Array.from({length: 5000}, (_, n) => (n % 2 === 0 ? 32_767 : -32_768))],
  ['silence with a click', Int16Array.from({length: 8192}, (_, n) => (n === 5000 ? 30_000 : 0))],
  // Numbers of blocks with two and with three bytes.
  ['200 blocks', new Int16Array(200 * 4096).fill(12)],
  ['2,100 blocks', new Int16Array(2100 * 4096)],
]

describe.each(['wav', 'flac'] as const)('%s', format => {
  test.each(SIGNALS)('holds %s', async (name, signal) => {
    const path = join(home, `${name.replaceAll(/\W/g, '-')}.${format}`)
    writeFileSync(path, ENCODERS[format](signal, 16_000))
    expect(Buffer.compare(Buffer.from(toInt16(await samplesOf(path)).buffer), Buffer.from(signal.buffer))).toBe(0)
    if (!hasFfmpeg || signal.length > 10_000) return
    // A decoder that is not ours; it checks the sums in the file too.
    const {stdout, stderr} = execaSync(
      'ffmpeg',
      ['-v', 'error', '-err_detect', 'explode+crccheck', '-i', path, '-f', 's16le', 'pipe:1'],
      {encoding: 'buffer'},
    )
    expect(Buffer.from(stderr).toString()).toBe('')
    expect(Buffer.compare(Buffer.from(stdout), Buffer.from(signal.buffer))).toBe(0)
  })
})

test('FLAC is much smaller for speech', async () => {
  const speech = toInt16(await samplesOf(sample('garden.wav')))
  expect(encodeFlac(speech, 16_000).length).toBeLessThan(0.65 * encodeWav(speech, 16_000).length)
})

test('what is louder than full scale is cut off', () => {
  expect([...toInt16(Float32Array.of(1.5, -1.5, 0.5, -1, 1))]).toEqual([32_767, -32_768, 16_384, -32_768, 32_767])
})
