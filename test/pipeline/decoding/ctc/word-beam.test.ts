import {describe, expect, test} from 'vitest'
import {NO_WORD, WordBeam} from '../../../../src/pipeline/decoding/ctc/word-beam.js'
import {seededRandom} from '../../../../src/pipeline/decoding/random.js'

const open = (prune = Number.NEGATIVE_INFINITY) => new WordBeam(prune)
const wordOf = (beam: WordBeam, i: number) => beam.links[i]?.word

describe('the beam of a word search', () => {
  test('has the best hypothesis of each state, the earlier one of equals', () => {
    const beam = open()
    beam.add(-3, 1, 2, 3, undefined, 30)
    beam.add(-2, 1, 2, 3, undefined, 20)
    beam.add(-2, 1, 2, 3, undefined, 21)
    beam.add(-4, 1, 2, 3, undefined, 40)
    beam.add(-5, 1, 2, 4, undefined, 50)
    beam.add(-6, 1, 3, 3, undefined, 60)
    beam.add(-7, 2, 2, 3, undefined, 70)
    expect([...beam.ranked(9)].map(i => [beam.scores[i], wordOf(beam, i)])).toEqual([
      [-2, 20],
      [-5, 50],
      [-6, 60],
      [-7, 70],
    ])
  })

  test('strings words together, and keeps them where none is added', () => {
    const beam = open()
    beam.add(0, 0, 0, 0, undefined, 7)
    const [first = -1] = beam.ranked(1)
    beam.add(1, 5, 0, 0, beam.links[first], 8)
    beam.add(-1, 6, 1, 0, beam.links[first], NO_WORD)
    const [longer = -1, , same = -1] = beam.ranked(3)
    expect(beam.links[longer]).toEqual({word: 8, before: {word: 7, before: undefined}})
    expect(beam.links[same]).toBe(beam.links[first])
  })

  test('takes nothing that is too far below the best, and drops what has become so', () => {
    const beam = open(-10)
    beam.add(-8, 1, 0, 0, undefined, NO_WORD)
    beam.add(0, 2, 0, 0, undefined, NO_WORD)
    beam.add(-11, 3, 0, 0, undefined, NO_WORD)
    beam.add(2.5, 4, 0, 0, undefined, NO_WORD)
    expect(beam.least).toBe(-7.5)
    expect([...beam.ranked(9)].map(i => beam.contexts[i])).toEqual([4, 2])
    beam.clear()
    expect([...beam.ranked(9)]).toEqual([])
    beam.add(-100, 1, 0, 0, undefined, NO_WORD)
    expect(beam.ranked(9)).toHaveLength(1)
  })

  test('is the same as a map of all, however many come', () => {
    const random = seededRandom('beam')
    const below = (limit: number) => Math.floor(limit * random())
    const beam = open()
    for (let round = 0; round < 2; round++) {
      beam.clear()
      const best = new Map<string, number>()
      for (let n = 0; n < 20_000; n++) {
        const [score, context, node, last] = [-random(), below(100), below(50), below(3)]
        beam.add(score, context, node, last, undefined, NO_WORD)
        const key = [context, node, last].join(' ')
        best.set(key, Math.max(best.get(key) ?? Number.NEGATIVE_INFINITY, score))
      }
      const {scores, contexts, nodes, lasts} = beam
      const found = [...beam.ranked(500)].map(i => [[contexts[i], nodes[i], lasts[i]].join(' '), scores[i]])
      expect(found).toEqual([...best].sort(([, a], [, b]) => b - a).slice(0, 500))
    }
  })
})
