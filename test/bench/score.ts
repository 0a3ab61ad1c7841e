/**
 * How long scoring takes: 2,939 utterances of about 18 words (the size of LibriSpeech's test-other) and pairs of 10,000
 * words with 10 % and 29 % errors. The texts are made up.
 *
 *     npx tsx test/bench/score.ts [folder]
 *
 * With a folder, the pairs are written there as JSON lines (`["reference", "hypothesis"]`), so that another program can be
 * timed on the same ones. Times are of warm code, the median of 21 runs; words and characters are timed apart. What is
 * timed: splitting texts into words, numbering them, aligning, counting, and writing down every operation.
 */
import {mkdirSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {seededRandom} from '../../src/pipeline/decoding/random.js'
import {createAligner} from '../../src/pipeline/scoring/align-words.js'
import {createCharacterCounter} from '../../src/pipeline/scoring/count-characters.js'
import {splitWords} from '../../src/pipeline/scoring/split-words.js'
import {longPair} from '../support/scoring-pairs.js'

const RUNS = 21

type Pair = readonly [reference: string, hypothesis: string]

const VOCABULARY = makeVocabulary(8000)

function makeVocabulary(size: number): string[] {
  const random = seededRandom('vocabulary')
  const parts = [
    'an',
    'be',
    'cor',
    'del',
    'e',
    'fin',
    'gra',
    'ho',
    'in',
    'lo',
    'mar',
    'no',
    'or',
    'pe',
    're',
    'sta',
    'to',
    'un',
  ]
  const syllable = () => parts[Math.floor(random() * parts.length)] as string
  const words = new Set<string>()
  while (words.size < size) words.add(Array.from({length: 1 + Math.floor(random() * 4)}, syllable).join(''))
  return [...words]
}

function spell(words: readonly string[]): string {
  return words.map(word => VOCABULARY[Number(word.slice(1)) % VOCABULARY.length]).join(' ')
}

function utterances(): Pair[] {
  const random = seededRandom('utterances')
  return Array.from({length: 2939}, (_, i) => {
    const [reference, hypothesis] = longPair(3 + Math.floor(random() * 31), 8000, random() * 0.12, i)
    return [spell(reference), spell(hypothesis)] as const
  })
}

function longForm(rate: number): Pair[] {
  const [reference, hypothesis] = longPair(10_000, 4000, rate, 1)
  return [[spell(reference), spell(hypothesis)]]
}

function scoreWords(pairs: readonly Pair[]): number {
  const align = createAligner()
  let errors = 0
  for (const [reference, hypothesis] of pairs) {
    const {counts} = align(splitWords(reference), splitWords(hypothesis))
    errors += counts.substitutions + counts.deletions + counts.insertions
  }
  return errors
}

function scoreCharacters(pairs: readonly Pair[]): number {
  const count = createCharacterCounter()
  let errors = 0
  for (const [reference, hypothesis] of pairs) {
    const counts = count(reference, hypothesis)
    errors += counts.substitutions + counts.deletions + counts.insertions
  }
  return errors
}

function median(run: () => number): {milliseconds: number; errors: number} {
  const times: number[] = []
  let errors = 0
  for (let i = 0; i < RUNS; i++) {
    const start = performance.now()
    errors = run()
    times.push(performance.now() - start)
  }
  times.sort((a, b) => a - b)
  return {milliseconds: times[RUNS >> 1] as number, errors}
}

const sets = {utterances: utterances(), 'long-10': longForm(0.098), 'long-29': longForm(0.3)}
const folder = process.argv[2]
if (folder !== undefined) mkdirSync(folder, {recursive: true})
for (const [name, pairs] of Object.entries(sets)) {
  if (folder !== undefined) {
    writeFileSync(join(folder, `${name}.jsonl`), `${pairs.map(pair => JSON.stringify(pair)).join('\n')}\n`)
  }
  const words = pairs.reduce((sum, [reference]) => sum + splitWords(reference).length, 0)
  const byWord = median(() => scoreWords(pairs))
  const byCharacter = median(() => scoreCharacters(pairs))
  console.log(
    `${name}: ${words} words, WER ${((100 * byWord.errors) / words).toFixed(1)} %, ` +
      `words ${byWord.milliseconds.toFixed(1)} ms, characters ${byCharacter.milliseconds.toFixed(1)} ms`,
  )
}
