import {describe, expect, test} from 'vitest'
import {toInput} from '../../../src/pipeline/datasets/to-input.js'
import type {Utterance} from '../../../src/pipeline/datasets/utterance.js'
import {type ErrorCode, LinguluError, toErrorRecord} from '../../../src/pipeline/errors.js'
import type {EvaluateEvent} from '../../../src/pipeline/evaluation/evaluate-events.js'
import type {HypothesisLine} from '../../../src/pipeline/evaluation/hypothesis-record.js'
import type {HypothesisStore} from '../../../src/pipeline/evaluation/hypothesis-store.js'
import {recognizeUtterances} from '../../../src/pipeline/evaluation/recognize-utterances.js'
import {WhisperOptions} from '../../../src/pipeline/models/whisper/options.js'
import type {Model, ModelInput} from '../../../src/pipeline/open-model.js'
import type {JobEvent} from '../../../src/pipeline/runtime/protocol.js'
import {utterance} from './selected-dataset.js'

const timings = {
  encoderSeconds: 0,
  decoderSeconds: 0,
  alignmentSeconds: 0,
  decodeSeconds: 0.25,
  featureSeconds: 0.25,
  queueSeconds: 100,
}
const done = (text: string): JobEvent => ({
  type: 'done',
  transcripts: [{text, language: 'en', durationSeconds: 3, segments: [], suspects: []}],
  timings,
})

/** A model that does what a function says of each recording, and remembers what it was given. */
function stubModel(hear: (path: string) => Iterable<JobEvent> | AsyncIterable<JobEvent>, capacity = 2) {
  const inputs: ModelInput[] = []
  let busy = 0
  let most = 0
  const model: Pick<Model, 'capacity' | 'run'> = {
    capacity,
    async *run(input, signal) {
      inputs.push(input)
      most = Math.max(most, ++busy)
      try {
        signal?.throwIfAborted()
        yield* hear(input.audio.type === 'file' ? input.audio.path : '')
      } finally {
        busy--
      }
    },
  }
  return {model: model as Model, inputs, most: () => most}
}

async function recognize(
  utterances: readonly Utterance[],
  hear: Parameters<typeof stubModel>[0],
  {earlierSeconds = 0, abort = new AbortController(), add = async () => {}}: Partial<Options> = {},
) {
  const stub = stubModel(hear)
  const stored: HypothesisLine[] = []
  const events: EvaluateEvent[] = []
  const store: Pick<HypothesisStore, 'wallSeconds' | 'add'> = {
    wallSeconds: earlierSeconds,
    async add(line) {
      await add(line)
      stored.push(line)
    },
  }
  const jobs = utterances.map(each => ({utterance: each, item: toInput(each, '/recordings')}))
  const found = await recognizeUtterances(stub.model, jobs, {
    decoding: {kind: 'whisper', options: WhisperOptions.parse({})},
    prepare: {channel: 'mix'},
    store: store as HypothesisStore,
    emit: event => events.push(event),
    abort,
  })
  return {found, stored, events, ...stub}
}

interface Options {
  readonly earlierSeconds: number
  readonly abort: AbortController
  readonly add: (line: HypothesisLine) => Promise<void>
}

test('the longest are first; each is stored before it is told', async () => {
  const utterances = [2, 9, 5].map((durationSeconds, index) => utterance(`u${index}`, {durationSeconds}))
  const {inputs, stored, events, most} = await recognize(utterances, path => [done(` heard ${path} `)])
  expect(inputs.map(({audio}) => audio)).toEqual(
    ['u1', 'u2', 'u0'].map(id => ({type: 'file', path: `/recordings/${id}.wav`})),
  )
  expect(stored.map(line => line.status === 'ok' && line.text)).toContain('heard /recordings/u1.wav')
  expect(events.flatMap(event => (event.type === 'utterance' ? [event.hypothesis] : []))).toEqual(stored)
  expect(most()).toBe(2)
})

test('what the data set says of a recording is honoured', async () => {
  const clip = {offsetSeconds: 1, durationSeconds: 2}
  const {inputs} = await recognize([utterance('a', {language: 'German', clip, channel: 'left'})], () => [done('')])
  expect(inputs[0]).toMatchObject({options: {language: 'de'}, prepare: {channel: 'left', clip}})
})

test('the latency has no waiting in it; elapsed time goes on from that of the run before', async () => {
  const {found} = await recognize([utterance('a')], () => [{type: 'started'}, done('x')], {earlierSeconds: 50})
  const [line] = found
  if (line?.status !== 'ok') throw new Error('it is recognised')
  expect(line.wallSeconds).toBeGreaterThanOrEqual(0.5)
  expect(line.wallSeconds).toBeLessThan(5)
  expect(line.elapsedSeconds).toBeGreaterThanOrEqual(50)
  expect(line.elapsedSeconds).toBeLessThan(55)
  expect(line.durationSeconds).toBe(3)
})

test('a recording that fails is a hypothesis, which names it as the user does; the others go on', async () => {
  const {found, events} = await recognize([utterance('a'), utterance('b')], path =>
    path.includes('a.wav')
      ? [{type: 'failed', error: {code: 'AUDIO_EMPTY', message: `${path} is empty`, hint: 'Look.'}}]
      : [done('fine')],
  )
  expect(found.find(({id}) => id === 'a')).toMatchObject({
    status: 'failed',
    error: {code: 'AUDIO_EMPTY', message: 'a.wav is empty', hint: 'Look.'},
  })
  expect(found.find(({id}) => id === 'b')).toMatchObject({status: 'ok', text: 'fine'})
  expect(events.filter(({type}) => type === 'utterance')).toHaveLength(2)
})

test('a worker that dies is told, and what was heard twice is stored once', async () => {
  const {stored, events} = await recognize([utterance('a')], () => [
    {type: 'recognition', channel: undefined, event: {type: 'warning', message: 'before the crash'}},
    {type: 'retry', reason: 'The worker died.'},
    {type: 'recognition', channel: undefined, event: {type: 'warning', message: 'odd'}},
    done('once'),
  ])
  expect(stored).toEqual([expect.objectContaining({text: 'once', warnings: ['odd']})])
  expect(events).toContainEqual({type: 'retry', name: 'a', reason: 'The worker died.'})
})

describe('what concerns all utterances ends the run', () => {
  test.each<[string, ErrorCode]>([
    ['an option that the model cannot honour', 'OPTION_UNSUPPORTED'],
    ['a device that is gone', 'PROVIDER_UNAVAILABLE'],
  ])('%s', async (_, code) => {
    const many = Array.from({length: 50}, (_, index) => utterance(`u${index}`))
    const error = toErrorRecord(new LinguluError(code, 'not so'))
    let heard = 0
    const running = recognize(many, () => {
      heard++
      return [{type: 'failed', error}]
    })
    await expect(running).rejects.toMatchObject({code, message: 'not so'})
    expect(heard).toBeLessThan(5)
  })

  test('a store that cannot be written', async () => {
    const full = new LinguluError('OUTPUT_FAILED', 'the disk is full')
    const running = recognize([utterance('a'), utterance('b')], () => [done('x')], {add: () => Promise.reject(full)})
    await expect(running).rejects.toBe(full)
  })

  test('an interruption: what was stored stays', async () => {
    const abort = new AbortController()
    const stored: string[] = []
    const running = recognize([utterance('a'), utterance('b'), utterance('c')], () => [done('x')], {
      abort,
      add: async ({id}) => {
        stored.push(id)
        abort.abort(new LinguluError('INTERRUPTED', 'Interrupted.'))
      },
    })
    await expect(running).rejects.toMatchObject({code: 'INTERRUPTED'})
    expect(stored.length).toBeGreaterThan(0)
    expect(stored.length).toBeLessThan(3)
  })
})
