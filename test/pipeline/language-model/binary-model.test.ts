import {readFileSync} from 'node:fs'
import {crc32} from 'node:zlib'
import {describe, expect, test} from 'vitest'
import {readArpa} from '../../../src/pipeline/decoding/ctc/arpa.js'
import type {NgramModel} from '../../../src/pipeline/decoding/ctc/ngram-model.js'
import {readArpaModel} from '../../../src/pipeline/language-model/arpa-model.js'
import {decodeModel, encodeModel} from '../../../src/pipeline/language-model/binary-model.js'
import {toNgramModel} from '../../../src/pipeline/language-model/to-ngram-model.js'
import {arpaOf, plainModel, referencePath, sentencesOf} from './reference.js'

const NAMES = ['order-1.arpa', 'order-3.arpa', 'order-4-pruned.arpa', '../../ctc-reference/tiny.arpa']
const heldOut = sentencesOf('held-out.txt')

const arpa = (name: string) => readFileSync(referencePath(name))

function scoresOf(model: NgramModel): number[] {
  return heldOut.flatMap(sentence => {
    let context = model.start
    return [...sentence, '</s>'].map(word => {
      const scored = model.score(context, model.wordOf(word))
      context = scored.context
      return scored.log10
    })
  })
}

describe.each(NAMES)('%s', name => {
  test('gives exactly the scores of the ARPA file', async () => {
    const model = await readArpaModel([arpa(name)], name)
    const read = toNgramModel(decodeModel(encodeModel(model, 0), 'x.bin'))
    expect(scoresOf(read)).toEqual(scoresOf(await readArpa([arpa(name)], name)))
  })

  test('becomes the same ARPA file again, by the numbers', async () => {
    const model = await readArpaModel([arpa(name)], name)
    const again = plainModel(arpaOf(decodeModel(encodeModel(model, 0), 'x.bin')))
    const expected = plainModel(arpa(name).toString())
    for (const [ngram, {log10, backoff}] of expected) {
      expect(Math.fround(again.get(ngram)?.log10 ?? Number.NaN), ngram).toBe(Math.fround(log10))
      expect(Math.fround(again.get(ngram)?.backoff ?? Number.NaN), ngram).toBe(Math.fround(backoff))
    }
    expect(again.size - expected.size).toBeLessThanOrEqual(expected.has('<unk>') ? 0 : 1)
  })
})

describe('probabilities of some bits', async () => {
  const model = await readArpaModel([arpa('order-3.arpa')], 'order-3.arpa')
  const exact = scoresOf(toNgramModel(model))
  const errorOf = (bits: number) => {
    const scores = scoresOf(toNgramModel(decodeModel(encodeModel(model, bits), 'x.bin')))
    return Math.sqrt(scores.reduce((sum, score, i) => sum + (score - (exact[i] ?? 0)) ** 2, 0) / scores.length)
  }

  test('are the nearer the more there are', () => {
    const errors = [2, 4, 6, 8].map(errorOf)
    for (const [i, limit] of [0.6, 0.1, 0.025, 0.008].entries()) expect(errors[i]).toBeLessThan(limit)
    expect(errors).toEqual([...errors].sort((a, b) => b - a))
  })

  test('make the file smaller, and leave 1-grams and backoffs of nothing as they are', () => {
    const bytes = encodeModel(model, 8)
    expect(bytes.length).toBeLessThan(0.6 * encodeModel(model, 0).length)
    const read = decodeModel(bytes, 'x.bin')
    expect(read.levels[0]).toEqual(decodeModel(encodeModel(model, 0), 'x.bin').levels[0])
    const zeros = (backoffs: Float32Array | undefined) => backoffs?.filter(backoff => backoff === 0).length
    expect(zeros(read.levels[1]?.backoffs)).toBe(zeros(model.levels[1]?.backoffs))
  })

  test('take less than 4 bytes an n-gram', () => {
    const ngrams = model.levels.slice(1).reduce((sum, {words}) => sum + words.length, 0)
    const words = model.levels[0]?.words.length ?? 0
    // A small model pays more for its three codebooks than for the rest.
    expect(encodeModel(model, 8).length - 3 * 4 * 256 - 16 * words).toBeLessThan(4 * ngrams)
  })
})

describe('a file that is not as it was written is refused', async () => {
  const whole = Buffer.from(encodeModel(await readArpaModel([arpa('order-3.arpa')], 'x'), 8))
  const changed = (change: (bytes: Buffer) => void, seal: boolean) => {
    const bytes = Buffer.from(whole)
    change(bytes)
    // With checksums that fit, so that what lies behind them is tested.
    const header = 16 + 4 * (3 + 2 * 3 + 2)
    if (seal) bytes.writeUInt32LE(crc32(bytes.subarray(header)), header - 8)
    if (seal) bytes.writeUInt32LE(crc32(bytes.subarray(0, header - 4)), header - 4)
    return bytes
  }
  const at = (offset: number, value: number, seal: boolean) => changed(b => b.writeUInt32LE(value, offset), seal)

  test.each<[string, Buffer, RegExp]>([
    ['another file', Buffer.from('hello'), /is no lingulu language model/],
    ['another version', changed(b => b.write('9', 11), false), /version that is not known/],
    ['a header cut short', whole.subarray(0, 30), /header is cut short/],
    ['a file cut short', whole.subarray(0, -10), /bytes should follow the header/],
    ['a file with more at its end', Buffer.concat([whole, Buffer.from('x')]), /bytes should follow/],
    ['a changed header', at(28, 7, false), /header has a wrong checksum/],
    ['a changed byte', changed(b => b.writeUInt8(b.readUInt8(2000) ^ 1, 2000), false), /wrong checksum/],
    ['an order that cannot be', at(16, 99, true), /order would be 99/],
    ['bits that cannot be', at(20, 31, true), /31 bits/],
    ['more 1-grams than words', at(28, 4_000_000_000, true), /4000000000 1-grams/],
    ['more 2-grams than there are bytes', at(36, 4_000_000_000, true), /is damaged/],
    ['fewer 2-grams than there are', at(36, 10, true), /more n-grams than announced/],
    ['a vocabulary that is none', changed(b => b.fill(0xff, 64, 80), true), /is damaged/],
    ['other bits', at(20, 7, true), /is damaged/],
  ])('%s', (_, bytes, message) => {
    expect(() => decodeModel(bytes, 'x.bin')).toThrow(
      expect.objectContaining({code: 'MODEL_INVALID', message: expect.stringMatching(message)}),
    )
  })

  test('a byte changed anywhere behind checksums that fit is an error of the file, never one of the program', () => {
    for (let offset = 60; offset < whole.length; offset += 97) {
      const bytes = changed(b => b.writeUInt8(b.readUInt8(offset) ^ 0x5a, offset), true)
      try {
        decodeModel(bytes, 'x.bin')
      } catch (error) {
        expect(error).toMatchObject({code: 'MODEL_INVALID'})
      }
    }
  })
})
