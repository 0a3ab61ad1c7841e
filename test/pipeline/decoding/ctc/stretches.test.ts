import {describe, expect, test} from 'vitest'
import {stretchCutter} from '../../../../src/pipeline/decoding/ctc/stretches.js'
import {randomNumbers} from './reference.js'

/** `.` is quiet. The stretches as texts. */
function cut(stream: string, limits: {pauseFrames: number; longestFrames: number}): string[] {
  const cutter = stretchCutter(limits)
  const found = [...stream].map(frame => cutter.push(frame === '.'))
  return [...found, cutter.finish()].flatMap(stretch => (stretch ? [stream.slice(stretch.from, stretch.to)] : []))
}

describe('a stream is cut', () => {
  const limits = {pauseFrames: 4, longestFrames: 20}

  test.each<[string, string, string[]]>([
    ['in the middle of long pauses', 'aa....bb.b', ['aa..', '..bb.b']],
    ['not in shorter ones', 'aa...bb', ['aa...bb']],
    ['not before the first sound', '......aa', ['......aa']],
    ['not after the last', 'aa......', ['aa......']],
    ['twice', 'a....b.....c', ['a..', '..b..', '...c']],
    ['in the widest pause where it would be too long', 'aaa.aaaaa..aaaaaa.aaaaa', ['aaa.aaaaa.', '.aaaaaa.aaaaa']],
    ['in the last of those that are equal', `aaa.aaaaaaaaaa.${'a'.repeat(8)}`, ['aaa.aaaaaaaaaa', `.${'a'.repeat(8)}`]],
    ['at the limit where there is no pause', 'a'.repeat(45), ['a'.repeat(20), 'a'.repeat(20), 'a'.repeat(5)]],
    ['at the limit where there is no sound', '.'.repeat(45), ['.'.repeat(20), '.'.repeat(20), '.'.repeat(5)]],
    ['not at all where there is nothing', '', []],
  ])('%s', (_, stream, expected) => {
    expect(cut(stream, limits)).toEqual(expected)
  })

  test('no stretch is longer than the limit, and none is lost', () => {
    const next = randomNumbers(1)
    for (let i = 0; i < 50; i++) {
      const stream = Array.from({length: 200}, () => (next() < 0.5 ? '.' : 'a')).join('')
      const parts = cut(stream, limits)
      expect(parts.join('')).toBe(stream)
      expect(Math.max(...parts.map(({length}) => length))).toBeLessThanOrEqual(20)
    }
  })
})
