import {expect, test} from 'vitest'
import {chooseChannels, toMono} from '../../../src/pipeline/audio/downmix.js'

const channels = (...values: readonly number[][]) => values.map(channel => Float32Array.from(channel))

test.each([
  ['one', channels([0.5, -0.5]), [0.5, -0.5]],
  ['two', channels([0.5, 0], [0.25, 1]), [0.375, 0.5]],
  ['six', channels([0.5], [0.5], [0.5], [-0.5], [0.25], [0.25]), [0.25]],
  ['none', [], []],
])('the mix of %s is the mean, not ffmpeg’s louder sum', (_, input, expected) => {
  expect([...toMono(input)]).toEqual(expected)
})

const stereo = channels([0.1, 0.2], [0.3, 0.4])
test.each([
  ['left', stereo, [stereo[0]]],
  ['right', stereo, [stereo[1]]],
  ['split', stereo, stereo],
  ['left', stereo.slice(0, 1), [stereo[0]]],
  ['right', stereo.slice(0, 1), [stereo[0]]],
  ['split', stereo.slice(0, 1), [stereo[0]]],
] as const)('%s of %i channels', (choice, input, expected) => {
  expect(chooseChannels(input, choice)).toEqual(expected)
})
