import {describe, expect, test} from 'vitest'
import {forcedAlign} from '../../../../src/pipeline/decoding/ctc/align.js'
import {allPaths, collapse, randomFrames, readReference} from './reference.js'

interface AlignCase {
  readonly emissions: readonly (readonly number[])[]
  readonly targets: readonly number[]
  readonly blank: number
  readonly path: readonly number[]
  readonly scores: readonly number[]
  readonly total: number
  readonly error?: string
}

describe('alignment is torchaudio’s', () => {
  const {cases}: {cases: AlignCase[]} = readReference('forced-align.json')

  test.each(cases.map((example, index) => [index, example] as const))('reference case %i', (_, example) => {
    const align = () =>
      forcedAlign({
        logProbabilities: Float32Array.from(example.emissions.flat()),
        vocabularySize: example.emissions[0]!.length,
        blank: example.blank,
        targets: example.targets,
      })
    if (example.error !== undefined) {
      expect(align).toThrow(expect.objectContaining({code: 'ALIGNMENT_IMPOSSIBLE'}))
      return
    }
    const {path, frameLogProbabilities, logProbability} = align()
    expect([...path]).toEqual(example.path)
    expect(frameLogProbabilities).toHaveLength(example.scores.length)
    for (const [t, score] of example.scores.entries()) expect(frameLogProbabilities[t]).toBeCloseTo(score, 4)
    expect(logProbability).toBeCloseTo(example.total, 3)
  })
})

describe('alignment is the best of all paths that say the targets', () => {
  test.each([
    [[], 1],
    [[1], 2],
    [[1, 2], 3],
    [[1, 1], 4],
    [[2, 2, 2], 5],
    [[1, 2, 1, 2], 6],
    [[1, 1, 2, 2], 7],
    [[2, 1, 2, 1, 2, 1, 2], 8],
  ])('%j (seed %i)', (targets, seed) => {
    const logProbabilities = randomFrames(seed, 7, 3)
    const wanted = [...allPaths(logProbabilities, 3)].filter(({path}) => collapse(path, 0).join() === targets.join())
    const best = wanted.reduce((a, b) => (b.logProbability > a.logProbability ? b : a))
    const {path, spans, logProbability} = forcedAlign({logProbabilities, vocabularySize: 3, blank: 0, targets})
    expect(logProbability).toBeCloseTo(best.logProbability, 9)
    expect([...path]).toEqual(best.path)
    expect(spans.map(({token}) => token)).toEqual(targets)
    for (const {token, start, end, logProbability: mean} of spans) {
      const values = Array.from({length: end - start}, (_, i) => logProbabilities[(start + i) * 3 + token]!)
      expect([...path.subarray(start, end)]).toEqual(values.map(() => token))
      expect(mean).toBeCloseTo(values.reduce((sum, value) => sum + value, 0) / values.length, 5)
    }
  })
})

describe('a delimiter fills pauses', () => {
  // 0 is the blank, 3 the delimiter.
  const squeeze = (path: readonly number[]) =>
    collapse(path, 0)
      .filter((token, i, all) => token !== 3 || (i > 0 && all[i - 1] !== 3))
      .join()
      .replace(/,3$/, '')

  test.each([
    [[1], 1],
    [[1, 3, 2], 2],
    [[1, 1], 3],
    [[2, 3, 2], 4],
  ])('%j is the best of all paths that write it (seed %i)', (targets, seed) => {
    const logProbabilities = randomFrames(seed, 7, 4)
    const written = [...allPaths(logProbabilities, 4)].filter(({path}) => squeeze(path) === targets.join())
    const best = written.reduce((a, b) => (b.logProbability > a.logProbability ? b : a))
    const found = forcedAlign({logProbabilities, vocabularySize: 4, blank: 0, targets, delimiter: 3})
    expect(found.logProbability).toBeCloseTo(best.logProbability, 9)
    expect([...found.path]).toEqual(best.path)
    expect(found.spans.map(({token}) => token)).toEqual(targets)
  })
})

describe('what cannot be aligned is refused', () => {
  const three = {logProbabilities: randomFrames(1, 3, 3), vocabularySize: 3, blank: 0}
  test.each([
    [
      'too many tokens',
      {targets: [1, 2, 1, 2]},
      'The text cannot be aligned with the audio: 4 tokens need 4 frames and there are 3',
    ],
    ['repeats without room for a blank', {targets: [1, 1, 2]}, '3 tokens need 4 frames'],
    ['a blank', {targets: [1, 0]}, 'target 1 is 0'],
    ['a token that is none', {targets: [3]}, 'target 0 is 3'],
    [
      'a token without probability',
      {targets: [1], logProbabilities: Float32Array.of(0, -Infinity, -Infinity)},
      'no path through 1 frames has a probability',
    ],
  ])('%s', (_, input, message) => {
    expect(() => forcedAlign({...three, ...input})).toThrow(message)
  })

  test('no targets in no frames are an empty alignment', () => {
    const {path, spans, logProbability} = forcedAlign({...three, logProbabilities: new Float32Array(0), targets: []})
    expect([path.length, spans, logProbability]).toEqual([0, [], 0])
  })
})
