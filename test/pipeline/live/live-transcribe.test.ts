import {setImmediate as turn} from 'node:timers/promises'
import {describe, expect, test, vi} from 'vitest'
import {EndpointOptions} from '../../../src/pipeline/audio/vad/options.js'
import type {VoiceDetector} from '../../../src/pipeline/audio/vad/voice-detector.js'
import {type LiveEvent, type LiveSegment, liveTranscribe} from '../../../src/pipeline/live/live-transcribe.js'

const SECOND = 16_000

const loud: VoiceDetector = {
  score: async window => (window.some(sample => sample !== 0) ? 0.9 : 0.1),
  reset() {},
  async close() {},
}
const endpoints = EndpointOptions.parse({provisionalSeconds: 1, maxUtteranceSeconds: 8})
const setup = {detector: loud, endpoints}

/** A stream that says a number a second: the sample's value is the second since its start, 0 is silence. */
function speech(seconds: number, isSpeech: (second: number) => boolean): Float32Array {
  return Float32Array.from({length: seconds * SECOND}, (_, i) => {
    const second = Math.floor(i / SECOND)
    return isSpeech(second) ? second + 1 : 0
  })
}

async function* piecesOf(signal: Float32Array, size = 1600, pause: () => Promise<unknown> = turn) {
  for (let at = 0; at < signal.length; at += size) {
    yield signal.subarray(at, at + size)
    await pause()
  }
}

/** Reads out the numbers that it hears for at least half a second. */
function readOut(samples: Float32Array): LiveSegment[] {
  const counts = new Map<number, number>()
  for (const sample of samples) if (sample !== 0) counts.set(sample, (counts.get(sample) ?? 0) + 1)
  const numbers = [...counts].filter(([, count]) => count >= SECOND / 2).map(([number]) => number)
  return [{start: 0, end: samples.length / SECOND, text: ` ${numbers.join(' ')}`}]
}

async function collect(events: AsyncIterable<LiveEvent>): Promise<LiveEvent[]> {
  const all: LiveEvent[] = []
  for await (const event of events) all.push(event)
  return all
}

const finalText = (events: readonly LiveEvent[]): string[] =>
  events.flatMap(event => (event.type === 'final' ? [event.text.trim()] : []))

describe('live transcription', () => {
  test('shows speech as it becomes firm, then says it for good', async () => {
    const signal = speech(9, second => second >= 1 && second <= 4)
    const events = await collect(liveTranscribe(piecesOf(signal), async samples => readOut(samples), setup))
    const partials = events.filter(event => event.type === 'partial')
    expect(partials.map(({firm, tentative}) => `${firm}|${tentative}`)).toEqual(['|2', '2|3', '2 3|4'])
    expect(partials.map(({atSeconds}) => Math.round(atSeconds))).toEqual([2, 3, 4])
    expect(events.at(-1)).toEqual({type: 'final', start: 0.692, end: 5.324, text: ' 2 3 4 5'})
  })

  test('gives words and segments the times of the stream, none after the utterance', async () => {
    const recognize = async (samples: Float32Array): Promise<LiveSegment[]> => {
      const end = samples.length / SECOND
      const words = [{word: ' a', start: 0.5, end: end + 1, probability: 1}]
      return [
        {start: 0, end: 0.5, text: ''},
        {start: 0.5, end: 30, text: ' a', words},
      ]
    }
    const signal = speech(5, second => second === 1)
    const events = await collect(
      liveTranscribe(piecesOf(signal), recognize, {...setup, endpoints: EndpointOptions.parse({})}),
    )
    expect(events).toEqual([
      {
        type: 'final',
        start: 1.192,
        end: 2.316,
        text: ' a',
        words: [{word: ' a', start: 1.192, end: 2.316, probability: 1}],
      },
    ])
  })

  test('a recogniser that is slower than speech does without provisional results, never without final ones', async () => {
    const signal = speech(40, second => second % 4 < 2)
    let running = 0
    let calls = 0
    const recognize = async (samples: Float32Array) => {
      expect(++running).toBe(1)
      calls++
      for (let i = 0; i < 200; i++) await turn()
      running--
      return readOut(samples)
    }
    const events = await collect(liveTranscribe(piecesOf(signal), recognize, setup))
    expect(finalText(events)).toEqual(Array.from({length: 10}, (_, i) => `${4 * i + 1} ${4 * i + 2}`))
    expect(calls).toBeLessThan(15)
    expect(events.filter(({type}) => type === 'behind').length).toBeGreaterThan(0)
  })

  test.each([1, 2, 3, 4, 5])('all that is said is in the final text, once (seed %i)', async seed => {
    let state = seed
    const next = (): number => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0
      return state / 2 ** 32
    }
    const spoken = Array.from({length: 60}, () => next() < 0.6)
    const signal = speech(60, second => spoken[second] ?? false)
    const recognize = async (samples: Float32Array) => {
      for (let i = next() * 40; i > 0; i--) await turn()
      const text = [...new Set(samples)].filter(sample => sample !== 0).join(' ')
      return [{start: 0, end: samples.length / SECOND, text}]
    }
    const events = await collect(liveTranscribe(piecesOf(signal, 700), recognize, setup))
    const said = finalText(events).join(' ').split(' ').map(Number)
    const expected = spoken.flatMap((speaks, second) => (speaks ? [second + 1] : []))
    expect([...new Set(said)]).toEqual(expected)
    // A cut falls into one number, which both sides then hear.
    expect(said.length - expected.length).toBeLessThan(6)
    const times = events.flatMap(event => (event.type === 'final' ? [event.start, event.end] : []))
    expect(times).toEqual(times.toSorted((a, b) => a - b))
  })

  test('what turns out to be nothing is taken off the screen', async () => {
    let calls = 0
    const recognize = async () => [{start: 0, end: 1, text: calls++ === 0 ? ' hm' : ' '}]
    const events = await collect(liveTranscribe(piecesOf(speech(4, second => second === 1)), recognize, setup))
    expect(events[0]).toMatchObject({type: 'partial', tentative: 'hm'})
    expect(events.at(-1)).toMatchObject({type: 'partial', firm: '', tentative: ''})
  })

  test('what had been heard of a stream that breaks is transcribed before the failure is told', async () => {
    async function* broken() {
      yield speech(2, () => true)
      throw new Error('the microphone is gone')
    }
    const events: LiveEvent[] = []
    const run = async () => {
      for await (const event of liveTranscribe(broken(), async samples => readOut(samples), setup)) events.push(event)
    }
    await expect(run()).rejects.toThrow('the microphone is gone')
    expect(finalText(events)).toEqual(['1 2'])
  })

  test('a failure of the recogniser ends it and lets go of the stream', async () => {
    const released = vi.fn()
    async function* endless() {
      try {
        for (;;) {
          yield speech(3, second => second < 2)
          await turn()
        }
      } finally {
        released()
      }
    }
    const recognize = async () => {
      throw new Error('worker crashed')
    }
    await expect(collect(liveTranscribe(endless(), recognize, setup))).rejects.toThrow('worker crashed')
    await vi.waitFor(() => expect(released).toHaveBeenCalled())
  })

  test.each(['in the middle of recognition', 'in the middle of silence'])('can be aborted %s', async when => {
    const controller = new AbortController()
    async function* stream() {
      if (when === 'in the middle of recognition') yield speech(4, second => second < 2)
      await new Promise(() => {})
    }
    const recognize = (): Promise<never> => {
      controller.abort(new Error('enough'))
      return new Promise(() => {})
    }
    if (when !== 'in the middle of recognition') setTimeout(() => controller.abort(new Error('enough')), 20)
    const events = liveTranscribe(stream(), recognize, {...setup, signal: controller.signal})
    await expect(collect(events)).rejects.toThrow('enough')
  })

  test('a listener that has heard enough can leave', async () => {
    for await (const event of liveTranscribe(
      piecesOf(speech(60, () => true)),
      async samples => readOut(samples),
      setup,
    )) {
      expect(event.type).toBe('partial')
      break
    }
  })

  test('a stream that outruns recognition is held back after ten minutes', async () => {
    let read = 0
    const minute = speech(60, second => second < 59)
    async function* fast() {
      for (let i = 0; i < 30; i++) {
        yield minute
        read++
      }
    }
    let release = (): void => {}
    const gate = new Promise<void>(resolve => {
      release = resolve
    })
    const recognize = async (samples: Float32Array) => {
      await gate
      return [{start: 0, end: samples.length / SECOND, text: 'a'}]
    }
    const done = collect(liveTranscribe(fast(), recognize, setup))
    await vi.waitFor(() => expect(read).toBeGreaterThan(9))
    for (let i = 0; i < 100; i++) await turn()
    expect(read).toBeLessThan(13)
    release()
    expect(finalText(await done).length).toBeGreaterThan(200)
  })
})
