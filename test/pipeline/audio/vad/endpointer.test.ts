import {createHash} from 'node:crypto'
import {describe, expect, test} from 'vitest'
import {createEndpointer, type EndpointEvent} from '../../../../src/pipeline/audio/vad/endpointer.js'
import {EndpointOptions} from '../../../../src/pipeline/audio/vad/options.js'
import type {VoiceDetector} from '../../../../src/pipeline/audio/vad/voice-detector.js'

const SECOND = 16_000
const WINDOW = 512

/** Speech is where samples are above 0.4. */
const loud: VoiceDetector = {
  score: async window => (window.some(sample => sample > 0.4) ? 0.9 : 0.1),
  reset() {},
  async close() {},
}

function random(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
}

/** Silence with speech in the given stretches, in windows. */
function signalOf(windows: number, stretches: readonly (readonly [number, number])[]): Float32Array {
  const signal = new Float32Array(windows * WINDOW)
  for (const [from, to] of stretches) signal.fill(0.5, from * WINDOW, to * WINDOW)
  return signal
}

interface Heard {
  readonly event: EndpointEvent
  /** Samples that had come when it was told. */
  readonly at: number
}

async function listen(signal: Float32Array, options: Partial<EndpointOptions>, step = WINDOW): Promise<Heard[]> {
  const endpointer = createEndpointer(loud, EndpointOptions.parse({minSpeechSeconds: 0, ...options}))
  const heard: Heard[] = []
  for (let at = 0; at < signal.length; at += step) {
    const end = Math.min(signal.length, at + step)
    for (const event of await endpointer.push(signal.subarray(at, end))) heard.push({event, at: end})
  }
  for (const event of await endpointer.finish()) heard.push({event, at: signal.length})
  return heard
}

const checksum = (samples: Float32Array): string => createHash('sha1').update(samples).digest('hex')

const utterances = (heard: readonly Heard[], final: boolean) =>
  heard.flatMap(({event, at}) => {
    if (event.type !== 'utterance' || event.final !== final) return []
    const start = Math.round(event.startSeconds * SECOND)
    return [{start, end: start + event.samples.length, samples: event.samples, at}]
  })

describe('the endpointer', () => {
  test('gives an utterance with what surrounds it, once the silence has lasted', async () => {
    const heard = await listen(signalOf(300, [[100, 150]]), {})
    expect(heard[0]!.event).toEqual({type: 'speech-start', atSeconds: (100 * WINDOW) / SECOND})
    const [only, ...rest] = utterances(heard, true)
    expect(rest).toEqual([])
    expect([only!.start, only!.end]).toEqual([100 * WINDOW - 4800, 150 * WINDOW + 4800])
    expect(only!.at - 150 * WINDOW).toBeLessThanOrEqual(0.6 * SECOND + WINDOW)
  })

  test.each([1, 2, 3, 4, 5, 6, 7, 8])('covers all speech in order, without overlap, in time (seed %i)', async seed => {
    const next = random(seed)
    const stretches: [number, number][] = []
    for (let at = 0; at < 3500; ) {
      const from = at + Math.floor(next() * 80)
      const to = from + 1 + Math.floor(next() ** 3 * 900)
      stretches.push([from, to])
      at = to + 1
    }
    const signal = signalOf(4000, stretches)
    for (let i = 0; i < signal.length; i++) if (signal[i] !== 0) signal[i]! += 0.05 * next()
    const options = {maxUtteranceSeconds: 5, provisionalSeconds: 0.5, endSilenceSeconds: 0.3}
    const heard = await listen(signal, options, 1 + Math.floor(next() * 4000))
    const finals = utterances(heard, true)
    let last = 0
    for (const {start, end, samples, at} of finals) {
      expect(start).toBeGreaterThanOrEqual(last)
      expect(end - start).toBeLessThanOrEqual(5 * SECOND)
      expect(samples.every((sample, i) => sample === signal[start + i])).toBe(true)
      last = end
      // The bound that the documentation gives, and the 4,000 samples that a push may hold.
      expect(at - start).toBeLessThanOrEqual(5 * SECOND + 4000)
    }
    for (const [from, to] of stretches) {
      for (let window = from; window < Math.min(to, 4000); window++) {
        const middle = window * WINDOW + WINDOW / 2
        expect(finals.some(({start, end}) => start <= middle && middle < end)).toBe(true)
      }
    }
    for (const {start, at} of utterances(heard, false)) expect(at - start).toBeLessThanOrEqual(5 * SECOND + 4000)
  })

  test('says the same however the stream is cut into pieces', async () => {
    const signal = signalOf(900, [
      [10, 40],
      [200, 700],
    ])
    const told = async (step: number) =>
      (await listen(signal, {maxUtteranceSeconds: 4, provisionalSeconds: 1}, step)).map(({event}) =>
        event.type === 'utterance' ? {...event, samples: checksum(event.samples)} : event,
      )
    const expected = await told(WINDOW)
    for (const step of [100, 1600, 16_000, signal.length]) expect(await told(step)).toEqual(expected)
  })

  test('cuts speech without a pause where it is quietest, in the later half', async () => {
    const signal = signalOf(400, [[0, 400]])
    signal.fill(0.41, 110 * WINDOW, 113 * WINDOW)
    signal.fill(0.405, 20 * WINDOW, 40 * WINDOW)
    const [first, second] = utterances(await listen(signal, {maxUtteranceSeconds: 5}), true)
    expect(first!.end).toBe(111.5 * WINDOW)
    expect(second!.start).toBe(first!.end)
  })

  test('gives growing speech every second where that is asked for', async () => {
    const parts = utterances(await listen(signalOf(200, [[0, 150]]), {provisionalSeconds: 1}), false)
    expect(parts.map(({end}) => Math.floor(end / SECOND))).toEqual([1, 2, 3, 4])
    expect(parts.every(({start}) => start === 0)).toBe(true)
  })

  test('takes no notice of sounds shorter than speech', async () => {
    const heard = await listen(
      signalOf(300, [
        [50, 53],
        [200, 220],
      ]),
      {minSpeechSeconds: 0.15},
    )
    expect(utterances(heard, true).map(({start}) => start)).toEqual([200 * WINDOW - 4800])
  })

  test('ends what is being said when the stream ends', async () => {
    const signal = signalOf(100, [[90, 100]]).subarray(0, 99 * WINDOW + 100)
    const [only] = utterances(await listen(signal, {}), true)
    expect(only!.end).toBe(signal.length)
  })

  test.each([
    ['nothing', 0],
    ['silence', 400],
  ])('hears nothing in %s', async (_, windows) => {
    expect(await listen(signalOf(windows, []), {})).toEqual([])
  })
})
