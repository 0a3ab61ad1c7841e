import {mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {Tensor} from 'onnxruntime-node'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {CtcOptions} from '../../../../src/pipeline/models/ctc/options.js'
import {openCtcRecognizer} from '../../../../src/pipeline/models/ctc/recognizer.js'
import type {CtcFolder} from '../../../../src/pipeline/models/model-folder.js'
import type {Session} from '../../../../src/pipeline/runtime/session.js'
import {folderOf, memoryStore, RATIO, recognize, saying, stubSession} from './stub-model.js'

const LETTERS = ['-', '|', 'a', 'b', 'c', 'd', 'e', 'k', 't', '中', '文']
const folder = folderOf(LETTERS)

/** Tokens of a text, one frame each; `-` is the blank. */
const tokens = (text: string) => [...text].map(letter => LETTERS.indexOf(letter))
const hear = (text: string, options: Partial<CtcOptions> = {}, certainty?: number) =>
  recognize(folder, stubSession(LETTERS.length), saying(tokens(text), certainty), options)

const FRAME_SECONDS = RATIO / 16_000

describe('text, segments and words', () => {
  const spoken = `${'-'.repeat(10)}|cc-aa-t|${'-'.repeat(60)}d-a-d|b-e-d-${'-'.repeat(20)}`

  test.each(['greedy', 'beam'] as const)('a pause parts segments (%s)', async decoder => {
    const {transcript, segments} = await hear(spoken, {decoder, wordTimestamps: true})
    expect(transcript).toMatchObject({text: 'cat dad bed', segments, suspects: []})
    expect(transcript.durationSeconds).toBeCloseTo(spoken.length * FRAME_SECONDS, 2)
    expect(segments.map(({text}) => text)).toEqual([' cat', ' dad bed'])
    expect(segments.map(({id}) => id)).toEqual([0, 1])
    expect(segments.map(segment => segment.tokens)).toEqual([tokens('cat'), tokens('dad|bed')])
    const words = segments.flatMap(segment => segment.words ?? [])
    const expected = ['cc-aa-t', 'd-a-d', 'b-e-d'].map((word, i) => {
      const at = spoken.indexOf(word)
      return [` ${['cat', 'dad', 'bed'][i]}`, at * FRAME_SECONDS, (at + word.length) * FRAME_SECONDS] as const
    })
    expect(words.map(({word}) => word)).toEqual(expected.map(([word]) => word))
    for (const [i, [, start, end]] of expected.entries()) {
      expect(words[i]!.start).toBeCloseTo(start, 9)
      expect(words[i]!.end).toBeCloseTo(end, 9)
      expect(words[i]!.probability).toBeGreaterThan(0.9)
    }
    expect(segments[1]).toMatchObject({
      start: words[1]!.start,
      end: words[2]!.end,
      temperature: 0,
      noSpeechProbability: 0,
    })
    expect(segments[0]!.averageLogProbability).toBeGreaterThan(-0.1)
    expect(segments[0]!.averageLogProbability).toBeLessThan(0)
  })

  test('words are left out where they are not asked for', async () => {
    const {segments} = await hear('c-a-t')
    expect(segments[0]).not.toHaveProperty('words')
  })

  test('a longer pause does not part what a shorter limit would', async () => {
    const {segments} = await hear(spoken, {pauseSeconds: 0.7})
    expect(segments.map(({text}) => text)).toEqual([' cat dad bed'])
  })

  test('segments that are too long are parted at the widest pause', async () => {
    const words = `${'c-a-t-|-'.repeat(10)}----${'d-a-d-|-'.repeat(10)}`
    const {segments} = await hear(words, {maxSegmentSeconds: 1, pauseSeconds: 10})
    expect(segments.map(({text}) => text).join('')).toBe(`${' cat'.repeat(10)}${' dad'.repeat(10)}`)
    expect(segments.every(({start, end}) => end - start <= 1)).toBe(true)
    expect(segments[0]!.text).toBe(' cat'.repeat(10))
  })

  test('characters of scripts without spaces are words, and no spaces come between them', async () => {
    const {transcript, segments} = await hear('中-文-|中-a-b-文', {wordTimestamps: true})
    expect(transcript.text).toBe('中文 中ab文')
    expect(segments[0]!.words!.map(({word}) => word)).toEqual(['中', '文', ' 中', 'ab', '文'])
  })

  test.each(['greedy', 'beam'] as const)('silence and no sound give no text (%s)', async decoder => {
    const {transcript} = await hear('-'.repeat(50), {decoder})
    expect(transcript).toMatchObject({text: '', segments: []})
    const nothing = {durationSeconds: 0, features: memoryStore(new Float32Array(0))}
    const {events} = await recognize(folder, stubSession(LETTERS.length), nothing, {decoder})
    expect(events).toHaveLength(1)
    expect(events[0]).toMatchObject({type: 'done', transcript: {text: '', segments: [], durationSeconds: 0}})
  })

  test('sound shorter than a frame is heard with zeros after it', async () => {
    const session = stubSession(LETTERS.length)
    await recognize(folder, session, {durationSeconds: 0.001, features: memoryStore(new Float32Array(16))})
    expect(session.calls.lengths).toEqual([400])
  })
})

describe('chunks of a long recording are stitched', () => {
  const long = Array.from({length: 700}, (_, i) => (i % 6 === 0 ? 'c-a-t|' : 'b-e-d|')).join('')

  test.each(['greedy', 'beam'] as const)('the result is that of the whole (%s)', async decoder => {
    const whole = await hear(long, {decoder, chunkSeconds: 3600, wordTimestamps: true})
    const session = stubSession(LETTERS.length)
    const options = {decoder, chunkSeconds: 3, wordTimestamps: true}
    const pieces = await recognize(folder, session, saying(tokens(long)), options)
    expect(session.calls.lengths.length).toBeGreaterThan(10)
    expect(new Set(session.calls.lengths.slice(0, -1))).toEqual(new Set([48_000]))
    expect(pieces.transcript.text).toBe(whole.transcript.text)
    const times = (result: typeof whole) =>
      result.segments.flatMap(({words}) => words ?? []).map(({word, start, end}) => [word, start, end])
    expect(times(pieces)).toEqual(times(whole))
    // Segments come while the rest is still to be heard, and their seek is a chunk’s start (chunks advance by 2 s).
    const types = pieces.events.map(({type}) => type)
    expect(types.indexOf('segment')).toBeLessThan(types.lastIndexOf('progress'))
    for (const {seek, start} of pieces.segments) {
      expect(seek % 200).toBe(0)
      expect(start * 100).toBeGreaterThanOrEqual(seek)
      expect(start * 100).toBeLessThan(seek + 300)
    }
  })

  test('progress grows up to the duration', async () => {
    const {events, transcript} = await hear(long, {chunkSeconds: 3})
    const seconds = events.flatMap(event => (event.type === 'progress' ? [event.seconds] : []))
    expect(seconds).toEqual([...seconds].sort((a, b) => a - b))
    expect(seconds[0]).toBeCloseTo(2.5, 9)
    expect(seconds.at(-1)).toBeCloseTo(transcript.durationSeconds, 1)
  })

  test('without overlap the frames that convolutions lose at chunk ends are blanks', async () => {
    const {transcript, segments} = await hear(long, {chunkSeconds: 3, strideSeconds: 0, wordTimestamps: true})
    expect(transcript.text.length).toBeGreaterThan(0.99 * 4 * 700)
    expect(segments.at(-1)!.end).toBeCloseTo((long.length - 1) * FRAME_SECONDS, 9)
  })

  test('a model that does not tell its stride is measured', async () => {
    const session = stubSession(LETTERS.length)
    const {transcript} = await recognize({...folder, stride: undefined}, session, saying(tokens(long)), {
      chunkSeconds: 3,
    })
    expect(session.calls.lengths[0]).toBe(160_000)
    expect(transcript.text).toBe((await hear(long)).transcript.text)
  })

  test('an aborted recording ends before the next chunk', async () => {
    const recognizer = await openCtcRecognizer(folder, async () => stubSession(LETTERS.length), {provider: 'cpu'})
    const controller = new AbortController()
    const events = recognizer.recognize(saying(tokens(long)), CtcOptions.parse({chunkSeconds: 3}), controller)
    await events.next()
    controller.abort(new Error('enough'))
    await expect(
      (async () => {
        for await (const _ of events);
      })(),
    ).rejects.toThrow('enough')
  })
})

let directory: string
let lm: string
let upper: string
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'lingulu-ctc-'))
  const arpa = [
    '\\data\\',
    'ngram 1=6',
    '',
    '\\1-grams:',
    '-9 <unk>',
    '-2 <s>',
    '-2 </s>',
    '-0.5 cat',
    '-1 dad',
    '-1 bed',
    '\\end\\',
  ]
  lm = join(directory, 'lm.arpa')
  upper = join(directory, 'upper.arpa')
  await writeFile(lm, arpa.join('\n'))
  await writeFile(upper, arpa.map(line => line.replace(/(?<=-\S+ )[a-z]+$/, word => word.toUpperCase())).join('\n'))
})
afterAll(() => rm(directory, {recursive: true}))

describe('language models and hot words', () => {
  /** “k” and “c” are equally likely. */
  const unsure = () => {
    const session = stubSession(LETTERS.length, {value: logit => logit})
    return {
      ...session,
      async run(...call: Parameters<typeof session.run>) {
        const results = await session.run(...call)
        const logits = results.logits!.data as Float32Array
        const [c, k] = [LETTERS.indexOf('c'), LETTERS.indexOf('k')]
        for (let row = 0; row < logits.length; row += LETTERS.length) logits[row + c] = (logits[row + k]! * 3) / 4
        return results
      },
    }
  }
  const hearUnsure = (options: Partial<CtcOptions>) => recognize(folder, unsure(), saying(tokens('k-a-t')), options)

  test.each<[string, () => Partial<CtcOptions>, string, string[]]>([
    ['greedy', () => ({}), 'kat', []],
    ['beam', () => ({decoder: 'beam'}), 'kat', []],
    ['a language model', () => ({lm}), 'cat', []],
    ['a language model of weight 0', () => ({lm, alpha: 0}), 'kat', []],
    ['a hot word', () => ({hotWords: ['bed  cat']}), 'cat', []],
    [
      'a hot word that cannot be spelled',
      () => ({hotWords: ['cat x', 'bed']}),
      'cat',
      ['“cat x” has letters that the model'],
    ],
    ['a language model in another case', () => ({lm: upper, alpha: 0}), 'kat', ['can write only 0 % of the words of']],
  ])('%s', async (_, options, text, expected) => {
    const {transcript, warnings} = await hearUnsure(options())
    expect(transcript.text).toBe(text)
    expect(warnings).toEqual(expected.map(part => expect.stringContaining(part)))
  })

  test.each<[string, Partial<CtcOptions>, string]>([
    ['in beam search', {decoder: 'beam', priorWeight: 1}, 'cat'],
    ['not without a weight', {decoder: 'beam'}, 'kat'],
    ['not by greedy decoding', {decoder: 'greedy', priorWeight: 1}, 'kat'],
  ])('a letter that is expected anyway counts for less, %s', async (_, options, text) => {
    const expected = LETTERS.map(letter => (letter === 'k' ? 0.9 : 0.01))
    const own = folderOf(LETTERS, {labelPriors: {tokens: expected, phones: []}})
    const {transcript} = await recognize(own, unsure(), saying(tokens('k-a-t')), options)
    expect(transcript.text).toBe(text)
  })

  test.each<[string, Partial<CtcOptions>, string]>([
    ['is used without being asked for', {}, 'cat'],
    ['is used by beam search', {decoder: 'beam'}, 'cat'],
    ['is weighed like any other', {alpha: 0}, 'kat'],
    ['is turned off by none', {lm: 'none'}, 'kat'],
    ['is turned off by none in beam search', {lm: 'none', decoder: 'beam'}, 'kat'],
    ['is left alone by greedy decoding', {decoder: 'greedy'}, 'kat'],
    ['is left alone by greedy decoding with none', {decoder: 'greedy', lm: 'none'}, 'kat'],
  ])('the language model of the folder %s', async (_, options, text) => {
    const own = folderOf(LETTERS, {languageModel: lm})
    const {transcript, warnings} = await recognize(own, unsure(), saying(tokens('k-a-t')), options)
    expect(transcript.text).toBe(text)
    expect(warnings).toEqual([])
  })

  test('the language model of the folder in another case is named as such', async () => {
    const own = folderOf(LETTERS, {languageModel: upper})
    const {warnings} = await recognize(own, unsure(), saying(tokens('k-a-t')))
    expect(warnings).toEqual([expect.stringContaining('of the words of its own language model.')])
  })

  test('one that is asked for takes the place of the folder’s', async () => {
    const own = folderOf(LETTERS, {languageModel: join(directory, 'not-read.bin')})
    const {transcript} = await recognize(own, unsure(), saying(tokens('k-a-t')), {lm})
    expect(transcript.text).toBe('cat')
  })

  test('a language model that is missing is an error each time', async () => {
    for (let i = 0; i < 2; i++) {
      await expect(hearUnsure({lm: join(directory, 'none.arpa')})).rejects.toMatchObject({code: 'MODEL_MISSING'})
    }
  })
})

describe('a model that hears phones too', () => {
  const LEXICON = 'cat K1 AE T\nbed B EH D\nkat X AE T\n'
  const PHONES = ['<pad>', 'K', 'AE', 'T', 'B', 'EH', 'D']
  let lexicon: string
  beforeAll(async () => {
    lexicon = join(directory, 'lexicon.txt')
    await writeFile(lexicon, LEXICON)
  })

  /** Letters as they are said, and whatever phones, one digit a frame. */
  function bothHeads(phones: string, certainty = 12): Session {
    const session = stubSession(LETTERS.length)
    const said = [...phones].map(Number)
    return {
      ...session,
      outputs: new Map([...session.outputs, ['phone_logits', {type: 'float32', shape: [1, 'frames', PHONES.length]}]]),
      async run(feeds, names) {
        const {logits} = await session.run(feeds, ['logits'])
        if (!names.includes('phone_logits')) return {logits: logits as Tensor}
        const frames = logits?.dims[1] as number
        const values = new Float32Array(frames * PHONES.length)
        for (let t = 0; t < frames; t++) values[t * PHONES.length + (said[t] ?? 0)] = certainty
        return {logits: logits as Tensor, phone_logits: new Tensor('float32', values, [1, frames, PHONES.length])}
      },
    }
  }
  const own = () => folderOf(LETTERS, {languageModel: lm, lexicon, phones: PHONES})
  const hearBoth = (phones: string, options: Partial<CtcOptions> = {}, changed: Partial<CtcFolder> = {}) =>
    recognize({...own(), ...changed}, bothHeads(phones), saying(tokens('d-a-d'), 3), {alpha: 0, beta: 0, ...options})

  test.each<[string, string, Partial<CtcOptions>, string]>([
    ['writes what its phones say', '10203', {}, 'cat'],
    ['in beam search too', '10203', {decoder: 'beam'}, 'cat'],
    ['not without its lexicon', '10203', {lexicon: 'none'}, 'dad'],
    ['not without a language model', '10203', {lm: 'none'}, 'dad'],
    ['not by greedy decoding', '10203', {decoder: 'greedy'}, 'dad'],
    ['not where phones have no weight', '10203', {phoneWeight: 0}, 'dad'],
    ['only words that they can say', '40506', {phoneWeight: 1}, 'bed'],
  ])('%s', async (_, phones, options, text) => {
    const {transcript} = await hearBoth(phones, options)
    expect(transcript.text).toBe(text)
  })

  const PHONE_PRIORS = [0.05, 0.3, 0.3, 0.3, 0.01, 0.01, 0.01]
  test.each<[string, Partial<CtcOptions>, readonly number[], string]>([
    ['with their weight', {priorWeight: 1}, PHONE_PRIORS, 'bed'],
    ['not without a weight', {}, PHONE_PRIORS, 'cat'],
    ['not where only letters have priors', {priorWeight: 1}, [], 'cat'],
  ])('phones that are expected anyway count for less, %s', async (_, options, phones, text) => {
    const labelPriors = {tokens: LETTERS.map(() => 1 / LETTERS.length), phones}
    const {transcript} = await recognize({...own(), labelPriors}, bothHeads('10203', 2), saying(tokens('d-a-d'), 1), {
      alpha: 0,
      beta: 0,
      phoneWeight: 1,
      ...options,
    })
    expect(transcript.text).toBe(text)
  })

  test('priors that the folder does not have are an error', async () => {
    await expect(hearBoth('10203', {priorWeight: 0.3})).rejects.toMatchObject({
      code: 'OPTION_UNSUPPORTED',
      message: expect.stringContaining('label_priors.json'),
    })
  })

  test('the frames of words are those of the letters', async () => {
    const {segments} = await hearBoth('10203', {wordTimestamps: true})
    expect(segments).toMatchObject([{tokens: tokens('cat'), words: [{word: ' cat'}]}])
    expect(segments[0]?.words?.[0]?.end).toBeLessThanOrEqual(5 * FRAME_SECONDS)
  })

  test('one that is asked for takes the place of the folder’s', async () => {
    const {transcript} = await hearBoth('10203', {lexicon}, {lexicon: join(directory, 'not-read.txt')})
    expect(transcript.text).toBe('cat')
  })

  test.each<[string, () => Partial<CtcOptions>, Partial<CtcFolder>, string]>([
    ['a lexicon for a model without phones', () => ({lexicon}), {phones: []}, 'OPTION_UNSUPPORTED'],
    ['a lexicon without a language model', () => ({lexicon}), {languageModel: undefined}, 'CONFIG_INVALID'],
    ['a lexicon that is missing', () => ({lexicon: join(directory, 'none.txt')}), {}, 'MODEL_MISSING'],
    ['a lexicon of other words', () => ({lexicon: upper}), {}, 'CONFIG_INVALID'],
    ['another tempo of a waveform', () => ({furtherTempos: [0.9]}), {}, 'OPTION_UNSUPPORTED'],
    ['another tempo without phones', () => ({furtherTempos: [0.9]}), {phones: []}, 'OPTION_UNSUPPORTED'],
  ])('%s is an error', async (_, options, changed, code) => {
    await expect(hearBoth('10203', options(), changed)).rejects.toMatchObject({code})
  })

  describe('at further tempos', () => {
    /** Of each frame the letter and the phone; two input frames make one of the output. */
    const WIDTH = LETTERS.length + PHONES.length
    const PHONE_OF: Readonly<Record<string, number>> = {c: 1, a: 2, t: 3, b: 4, e: 5, d: 6}
    const features = {
      kind: 'filter-bank',
      options: {mels: WIDTH, fftSize: 512, windowSamples: 400, hopSamples: 160, preemphasis: 0, normalize: 'none'},
    } as const
    const heard = (changes: Partial<CtcFolder> = {}) => ({...own(), features, stride: 2, ...changes})

    function filterBankSession() {
      const lengths: number[] = []
      const session: Session = {
        ...bothHeads(''),
        inputs: new Map([['input_features', {type: 'float32', shape: ['batch', 'frames', WIDTH]}]]),
        async run(feeds) {
          const data = feeds.input_features?.data as Float32Array
          lengths.push(data.length / WIDTH)
          const frames = Math.floor(data.length / WIDTH / 2)
          const part = (from: number, to: number) => {
            const rows = Array.from({length: frames}, (_, t) => data.slice(2 * t * WIDTH + from, 2 * t * WIDTH + to))
            const values = Float32Array.from(
              rows.flatMap(row => [...row]),
              value => 9 * value,
            )
            return new Tensor('float32', values, [1, frames, to - from])
          }
          return {logits: part(0, LETTERS.length), phone_logits: part(LETTERS.length, WIDTH)}
        },
      }
      return {session, lengths}
    }

    /** Every letter lasts for eight frames, and so does its phone. */
    function speaking(text: string) {
      const values = new Float32Array(8 * text.length * WIDTH)
      for (let frame = 0; frame < 8 * text.length; frame++) {
        const letter = text[frame >> 3] as string
        values[frame * WIDTH + LETTERS.indexOf(letter)] = 1
        values[frame * WIDTH + LETTERS.length + (PHONE_OF[letter] ?? 0)] = 1
      }
      return {durationSeconds: (8 * text.length) / 100, features: memoryStore(values, WIDTH)}
    }

    test('chunk by chunk, with the times of the first hearing', async () => {
      const text = Array.from({length: 60}, (_, i) => (i % 3 === 0 ? '-c-a-t-|----' : '-b-e-d-|----')).join('')
      const options = {wordTimestamps: true, alpha: 0, beta: 0} as const
      const once = await recognize(heard(), filterBankSession().session, speaking(text), options)
      const {session, lengths} = filterBankSession()
      const again = await recognize(heard(), session, speaking(text), {
        ...options,
        chunkSeconds: 6,
        furtherTempos: [0.8, 1.3],
      })
      expect(again.transcript.text).toBe(Array.from({length: 60}, (_, i) => (i % 3 === 0 ? 'cat' : 'bed')).join(' '))
      expect(again.segments.map(({words}) => words?.map(({start}) => start))).toEqual(
        once.segments.map(({words}) => words?.map(({start}) => start)),
      )
      // Of 57.6 s those of 72 and 44.3 s: 6 s of them at a time, each 4 s further on.
      expect(lengths.filter(length => length === 600)).toHaveLength(13 + 17 + 10)
    })
  })

  test('a lexicon of the folder that has none of the words is left alone', async () => {
    const {transcript} = await hearBoth('10203', {}, {lexicon: upper})
    expect(transcript.text).toBe('dad')
  })

  test('a folder whose model has no such output is heard by its letters', async () => {
    const {transcript} = await recognize(own(), stubSession(LETTERS.length), saying(tokens('d-a-d'), 3), {
      alpha: 0,
      beta: 0,
    })
    expect(transcript.text).toBe('dad')
  })
})

test.each<Partial<CtcOptions>>([
  {decoder: 'greedy', lexicon: 'a.txt'},
  {lm: 'none', lexicon: 'a.txt'},
  {phoneWeight: 1.1},
  {furtherTempos: [0.4]},
  {furtherTempos: [0.9], lm: 'none'},
  {furtherTempos: [0.9], lexicon: 'none'},
  {furtherTempos: [0.9], decoder: 'greedy'},
])('options %o are refused', options => {
  expect(CtcOptions.safeParse(options).success).toBe(false)
})

test('recordings recognised at the same time give what each gives alone', async () => {
  const texts = ['c-a-t|b-e-d', 'd-a-d', `b-a-d|${'-'.repeat(400)}t-e-a`, '中-文']
  const recognizer = await openCtcRecognizer(folder, async () => stubSession(LETTERS.length), {provider: 'cpu'})
  const options = {decoder: 'beam', chunkSeconds: 1, wordTimestamps: true} as const
  const together = await Promise.all(
    texts.map(async text => {
      const events = []
      for await (const event of recognizer.recognize(saying(tokens(text)), CtcOptions.parse(options), {}))
        events.push(event)
      return events.at(-1)
    }),
  )
  for (const [i, text] of texts.entries()) {
    expect(together[i]).toMatchObject({transcript: (await hear(text, options)).transcript})
  }
})

test('what is opened is described and closed', async () => {
  const session = stubSession(LETTERS.length)
  const recognizer = await openCtcRecognizer(folder, async () => session, {provider: 'cpu'})
  expect(recognizer.info).toEqual({
    kind: 'ctc',
    name: 'stub',
    hash: 'hash',
    precision: 'fp32',
    provider: 'cpu',
    features: {kind: 'waveform', normalize: false},
  })
  await recognizer.close()
  expect(session.calls.closed).toBe(true)
})

describe('options', () => {
  test.each<[object, string]>([
    [{decoder: 'greedy', lm: 'x'}, 'greedy decoding uses neither'],
    [{decoder: 'greedy', hotWords: ['x']}, 'greedy decoding uses neither'],
    [{chunkSeconds: 10, strideSeconds: 5}, 'two strides must be shorter than a chunk'],
    [{beamWith: 3}, 'beamWith'],
    [{hotWords: [' ']}, 'hotWords'],
  ])('%j is refused', (options, message) => {
    const {success, error} = CtcOptions.safeParse(options)
    expect(success).toBe(false)
    expect(JSON.stringify(error?.issues)).toContain(message)
  })
})
