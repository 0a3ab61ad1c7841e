import {describe, expect, test} from 'vitest'
import {Lexicon} from '../../../../src/pipeline/decoding/ctc/lexicon.js'
import {PairTable} from '../../../../src/pipeline/decoding/ctc/pair-table.js'
import {selectBest} from '../../../../src/pipeline/decoding/ctc/select-best.js'
import {WordBeginnings} from '../../../../src/pipeline/decoding/ctc/word-beginnings.js'
import {WordTable} from '../../../../src/pipeline/decoding/ctc/word-table.js'
import {randomNumbers} from './reference.js'

const random = randomNumbers(1)
const LETTERS = [...'abcé中😀']
const word = () =>
  Array.from({length: Math.floor(random() * 9)}, () => LETTERS[Math.floor(random() * LETTERS.length)]).join('')
const words = [...new Set(Array.from({length: 20_000}, word))]
const table = new WordTable()
for (const text of words) table.addText(text)

describe('a word table', () => {
  test('numbers words in the order in which they came and finds them again', () => {
    expect(table.size).toBe(words.length)
    for (const [number, text] of words.entries()) {
      expect(table.findText(text)).toBe(number)
      expect(table.text(number)).toBe(text)
      expect(table.length(number)).toBe(Buffer.byteLength(text))
    }
  })

  test('does not find others and takes none twice', () => {
    const known = new Set(words)
    for (const text of Array.from({length: 1000}, () => `${word()}${word()}`)) {
      expect(table.findText(text) >= 0).toBe(known.has(text))
    }
    expect(table.addText(words[7]!)).toBe(-1)
    expect(table.size).toBe(words.length)
  })

  test('sorts by bytes', () => {
    const sorted = [...words].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
    expect([...table.sorted()].map(number => table.text(number))).toEqual(sorted)
  })
})

test('beginnings of words are possible as long as a word begins so', () => {
  const beginnings = new WordBeginnings(new Lexicon(table))
  beginnings.reserve(20)
  for (let i = 0; i < 300; i++) {
    beginnings.restart(0)
    let text = ''
    for (let depth = 1; depth < 9; depth++) {
      const letter = LETTERS[Math.floor(random() * LETTERS.length)]!
      beginnings.extend(depth - 1, depth, Buffer.from(letter))
      text += letter
      const candidates = words.filter(candidate => candidate.startsWith(text))
      expect(beginnings.possible(depth)).toBe(candidates.length > 0)
      expect(beginnings.exact(depth)).toBe(words.indexOf(text))
      if (candidates.length === 0) break
      const shortest = Math.min(...candidates.map(candidate => Buffer.byteLength(candidate)))
      expect(beginnings.share(depth)).toBeCloseTo(Buffer.byteLength(text) / shortest, 12)
    }
  }
})

test.each([0, 1, 1000])('a pair table of %i entries finds all of them and no others', entries => {
  const pairs = new PairTable(entries)
  for (let i = 0; i < entries; i++) {
    const handle = pairs.add(1 + (i % 37), i)
    pairs.setInteger(handle, 4e9 - i)
  }
  for (let i = 0; i < entries; i++) {
    expect(pairs.integer(pairs.find(1 + (i % 37), i))).toBe(4e9 - i)
    expect(pairs.add(1 + (i % 37), i)).toBe(-1)
    expect(pairs.find(2 + (i % 37), i)).toBe(-1)
  }
  expect(pairs.find(1, 1e6)).toBe(-1)
})

test('the best are selected as by sorting, the first of equals first', () => {
  for (let round = 0; round < 200; round++) {
    const length = 1 + Math.floor(random() * 60)
    const scores = Float64Array.from({length}, () => Math.floor(random() * 8))
    const indices = Int32Array.from({length}, (_, i) => i).sort(() => random() - 0.5)
    const expected = [...indices].sort((a, b) => scores[b]! - scores[a]! || a - b)
    const count = 1 + Math.floor(random() * length)
    selectBest(indices, length, count, scores)
    expect([...indices.subarray(0, count)].sort((a, b) => a - b)).toEqual(
      expected.slice(0, count).sort((a, b) => a - b),
    )
  }
})
