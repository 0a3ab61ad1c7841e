/*
 * Measures CTC decoding: frames a second of the searches, and how an ARPA file loads. Everything is generated.
 *
 *   npx tsx test/bench/ctc-search.ts [n-grams, default 1000000]
 */
import {createWriteStream} from 'node:fs'
import {mkdtemp, rm, stat} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {Readable} from 'node:stream'
import {pipeline} from 'node:stream/promises'
import {createGzip} from 'node:zlib'
import {forcedAlign} from '../../src/pipeline/decoding/ctc/align.js'
import {greedyDecode} from '../../src/pipeline/decoding/ctc/greedy.js'
import {logSoftmax} from '../../src/pipeline/decoding/ctc/log-softmax.js'
import {prefixBeamDecoder} from '../../src/pipeline/decoding/ctc/prefix-beam.js'
import {ctcVocabulary} from '../../src/pipeline/decoding/ctc/vocabulary.js'
import {wordFusion} from '../../src/pipeline/decoding/ctc/word-fusion.js'
import {openLanguageModel} from '../../src/pipeline/models/ctc/language-model.js'

const FRAMES = 30_000
const FRAMES_PER_SECOND = 50
const LETTERS = "ETAONIHSRDLUMWCFGYPBVK'XJQZ"
const vocabulary = ctcVocabulary({
  vocabulary: ['<pad>', '<s>', '</s>', '<unk>', '|', ...LETTERS],
  blank: 0,
  wordDelimiter: '|',
  special: new Set([0, 1, 2, 3]),
})

let state = 1
function random(): number {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0
  return state / 2 ** 32
}

/** Words of which the first are frequent, as in speech. */
function makeWords(count: number): string[] {
  const words = new Set<string>()
  while (words.size < count) {
    const length = 2 + Math.floor(random() * 9)
    words.add(Array.from({length}, () => LETTERS[Math.floor(random() * random() * 26)]).join(''))
  }
  return [...words]
}

const frequent = (count: number) => Math.floor(random() ** 3 * count)

function* arpaLines(total: number, words: readonly string[]): Generator<string> {
  const bigramCount = Math.floor((total - words.length) * 0.45)
  const trigramCount = total - words.length - bigramCount
  const log10 = (scale: number) => (-random() * scale).toFixed(6)
  yield `\\data\\\nngram 1=${words.length}\nngram 2=${bigramCount}\nngram 3=${trigramCount}\n\n\\1-grams:\n`
  for (const word of words) yield `${log10(6)}\t${word}\t${log10(1)}\n`
  yield '\n\\2-grams:\n'
  const bigrams = new Set<number>()
  while (bigrams.size < bigramCount) {
    const pair = frequent(words.length) * words.length + frequent(words.length)
    if (bigrams.size === bigrams.add(pair).size) continue
    yield `${log10(5)}\t${words[Math.floor(pair / words.length)]} ${words[pair % words.length]}\t${log10(1)}\n`
  }
  yield '\n\\3-grams:\n'
  let left = trigramCount
  for (let round = 0; left > 0; round++) {
    for (const pair of bigrams) {
      if (left-- <= 0) break
      const last = words[(pair + round * 7919) % words.length]
      yield `${log10(4)}\t${words[Math.floor(pair / words.length)]} ${words[pair % words.length]} ${last}\n`
    }
  }
  yield '\n\\end\\\n'
}

function* batches(lines: Iterable<string>): Generator<string> {
  const batch: string[] = []
  for (const line of lines) if (batch.push(line) === 5000) yield batch.splice(0).join('')
  yield batch.join('')
}

/** What a model might give for these words: letters of one frame between blanks, some of them doubtful. */
function makeFrames(words: readonly string[]): Float32Array {
  const matrix = Float32Array.from({length: FRAMES * vocabulary.size}, () => -6 + 2 * random())
  const text = Array.from({length: FRAMES / 8}, () => words[frequent(words.length)]).join('|')
  for (let t = 0, letter = 0; t < FRAMES; t++) {
    const row = t * vocabulary.size
    if (t % 2 === 1 || random() < 0.2) matrix[row] = 7
    else {
      matrix[row + vocabulary.pieces.indexOf(text[letter] === '|' ? '' : (text[letter] as string))] = 6
      if (text[letter++] === '|') matrix[row + vocabulary.delimiter] = 7
      const doubts = random() < 0.3 ? 3 : 0
      for (let i = 0; i < doubts; i++) matrix[row + 4 + Math.floor(random() * 28)] = 3 + 3 * random()
    }
  }
  return logSoftmax(matrix, vocabulary.size)
}

function report(what: string, seconds: number): void {
  const perSecond = FRAMES / seconds
  console.log(
    `${what.padEnd(44)} ${perSecond.toFixed(0).padStart(9)} frames/s, ${(perSecond / FRAMES_PER_SECOND).toFixed(0)} × real time`,
  )
}

function measure(what: string, work: () => unknown): void {
  work()
  const began = performance.now()
  work()
  report(what, (performance.now() - began) / 1000)
}

async function load(path: string) {
  const memory = () => process.memoryUsage().rss
  const before = memory()
  const began = performance.now()
  const model = await openLanguageModel(path)
  const seconds = (performance.now() - began) / 1000
  const megabytes = ((await stat(path)).size / 1e6).toFixed(0)
  console.log(
    `${`load ${model.ngrams.ngrams} n-grams, ${megabytes} MB${path.endsWith('.gz') ? ' gzipped' : ''}`.padEnd(44)} ${seconds.toFixed(2).padStart(9)} s, resident memory +${((memory() - before) / 1e6).toFixed(0)} MB`,
  )
  return model
}

const total = Number(process.argv[2] ?? 1_000_000)
const words = ['<unk>', '<s>', '</s>', ...makeWords(Math.min(200_000, total / 10) - 3)]
const spoken = words.slice(3)
const folder = await mkdtemp(join(tmpdir(), 'lingulu-bench-'))
try {
  const plain = join(folder, 'lm.arpa')
  await pipeline(Readable.from(batches(arpaLines(total, words))), createWriteStream(plain))
  const lm = await load(plain)
  const began = performance.now()
  let context = lm.ngrams.start
  for (let i = 0; i < 1e6; i++) ({context} = lm.ngrams.score(context, frequent(words.length)))
  console.log(`${'score a word'.padEnd(44)} ${(performance.now() - began).toFixed(0).padStart(9)} ns`)
  if (total <= 2_000_000) {
    const {createReadStream} = await import('node:fs')
    await pipeline(createReadStream(plain), createGzip({level: 4}), createWriteStream(`${plain}.gz`))
    await load(`${plain}.gz`)
  }
  const frames = makeFrames(spoken)
  const logits = frames.slice()
  measure('log-softmax', () => logSoftmax(logits, vocabulary.size))
  measure('greedy', () => greedyDecode(frames, {vocabularySize: vocabulary.size, blank: 0}))
  for (const beamWidth of [10, 100]) {
    // With the usual offset of −10 unknown words are dropped at once; −1 keeps them, which is the most work there can be.
    for (const unknownOffset of [undefined, -10, -1]) {
      const search = () => {
        const fusion =
          unknownOffset === undefined
            ? undefined
            : wordFusion({vocabulary, languageModel: {...lm, alpha: 0.5, beta: 1.5, unknownOffset}})
        const decoder = prefixBeamDecoder({
          vocabulary,
          beamWidth,
          beamPruneLogProbability: -10,
          tokenMinLogProbability: -5,
          fusion,
          recombine: true,
        })
        decoder.push(frames)
        return decoder.finish()
      }
      const fused = unknownOffset === undefined ? '' : `, LM, unknown ${unknownOffset}`
      measure(`prefix beam, width ${beamWidth}${fused}`, search)
    }
  }
  const part = frames.subarray(0, 1500 * vocabulary.size)
  const targets = greedyDecode(part, {vocabularySize: vocabulary.size, blank: 0}).tokens.map(({token}) => token)
  measure('forced alignment of 30 s', () => {
    for (let i = 0; i < FRAMES / 1500; i++) {
      forcedAlign({logProbabilities: part, vocabularySize: vocabulary.size, blank: 0, targets, delimiter: 4})
    }
  })
} finally {
  await rm(folder, {recursive: true})
}
