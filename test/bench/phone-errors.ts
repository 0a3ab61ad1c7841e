/**
 * How many phones of the words that a model has found are wrong: the words, those said and those found, are turned into
 * phones by a lexicon (the first pronunciation) and aligned.
 *
 *     npx lingulu transcribe <folder> --jsonl > found.jsonl
 *     npx tsx test/bench/phone-errors.ts <manifest.csv> found.jsonl <lexicon>
 *
 * The manifest has the columns audio and text. A recording with a word that the lexicon lacks in its text is left out, and
 * counted; such a word in what was found has a wrong phone for each letter.
 */
import {readFileSync} from 'node:fs'
import {basename} from 'node:path'
import {parse} from 'csv-parse/sync'
import {alignWords} from '../../src/pipeline/scoring/align-words.js'
import {errorsOf} from '../../src/pipeline/scoring/error-counts.js'
import {lexiconEntries} from '../../src/pipeline/text/lexicon-entries.js'
import {spellText} from '../../src/pipeline/training/tasks/ctc/spell-text.js'

const [manifest = '', transcripts = '', lexicon = ''] = process.argv.slice(2)

const phones = new Map<string, readonly string[]>()
for (const entry of lexiconEntries(readFileSync(lexicon, 'utf8')))
  if (!phones.has(entry.word)) phones.set(entry.word, entry.phones)

const found = new Map<string, string>()
for (const line of readFileSync(transcripts, 'utf8').trim().split('\n')) {
  const {audio, status, text} = JSON.parse(line)
  if (status === 'ok') found.set(basename(String(audio)), String(text))
}

const wordsOf = (text: string) => spellText(text, 'upper').split(' ').filter(Boolean)
const unknown = (word: string) => [...word].map(() => '?')

let errors = 0
let total = 0
let recordings = 0
let left = 0
for (const {audio, text} of parse(readFileSync(manifest), {columns: true}) as {audio: string; text: string}[]) {
  const heard = found.get(basename(audio))
  if (heard === undefined) throw new Error(`${transcripts} has nothing for ${audio}`)
  const said = wordsOf(text)
  if (!said.every(word => phones.has(word))) {
    left++
    continue
  }
  const expected = said.flatMap(word => phones.get(word) ?? [])
  const words = wordsOf(heard).flatMap(word => phones.get(word) ?? unknown(word))
  errors += errorsOf(alignWords(expected, words).counts)
  total += expected.length
  recordings++
}
const rate = ((100 * errors) / total).toFixed(2)
console.log(`${errors} of ${total} phones wrong, ${rate} %, in ${recordings} recordings; ${left} left out`)
