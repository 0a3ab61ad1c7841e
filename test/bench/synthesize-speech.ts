/**
 * Makes speech of texts with the synthesizers of Debian, to train on beside real speech:
 *
 *     apt-get install espeak-ng flite
 *     npx tsx test/bench/synthesize-speech.ts <texts.txt> <folder> [count] [letters]
 *
 * A line is a sentence. Lines with anything but letters and the usual punctuation, and those of less than `letters` (default 12)
 * or more than 90 letters, are left out; of the others `count` (default 3000) are drawn. Two of five are spoken by flite in four
 * voices, the others by eSpeak NG in eight accents with 61 voices; pace and pitch vary. The same texts give the same manifest.csv.
 */
import {existsSync, mkdirSync, readFileSync, writeFileSync} from 'node:fs'
import {availableParallelism} from 'node:os'
import {join} from 'node:path'
import {execa} from 'execa'
import {type Random, seededRandom} from '../../src/pipeline/decoding/random.js'
import {spellText} from '../../src/pipeline/training/tasks/ctc/spell-text.js'

const [source = '', folder = '', count = '3000', least = '12'] = process.argv.slice(2)
const FLITE = ['slt', 'rms', 'awb', 'kal16']
const FLITE_SHARE = 0.4
const ACCENTS = [
  'en-us',
  'en-gb',
  'en-gb-x-rp',
  'en-gb-scotland',
  'en-029',
  'en-us-nyc',
  'en-gb-x-gbclan',
  'en-gb-x-gbcwmd',
]
const NUMBERED = ['m1', 'm2', 'm3', 'm4', 'm5', 'm6', 'm7', 'm8', 'f1', 'f2', 'f3', 'f4', 'f5']
const NAMED =
  `Alex Alicia Andrea Andy Annie Denis Diogo Gene Henrique Hugo Jacky Lee Marco Mario Michael Mike adam anika antonio
belinda benjamin boris caleb david ed edward grandma grandpa gustave iven john linda marcelo max michel miguel norbert paul pedro
quincy rob robert sandro shelby steph travis victor zac`.split(/\s/)
const VARIANTS = [...NUMBERED, ...NAMED]

const random = seededRandom('synthetic speech')
const between = (least: number, most: number) => least + (most - least) * random()
const oneOf = <Item>(items: readonly Item[]): Item => items[Math.floor(random() * items.length)] as Item

const sentences = readFileSync(source, 'utf8')
  .split('\n')
  .filter(line => !/[^A-Za-z '",.;:!?()[\]-]/.test(line))
  .map(line => spellText(line, 'lower'))
  .filter(({length}) => length >= Number(least) && length <= 90)
const drawn = shuffled(sentences, random).slice(0, Number(count))

mkdirSync(folder, {recursive: true})
const jobs = drawn.map((text, index) => {
  const name = `${String(index).padStart(5, '0')}.wav`
  const path = join(folder, name)
  if (random() < FLITE_SHARE) {
    const voice = oneOf(FLITE)
    const stretch = between(0.85, 1.25).toFixed(2)
    const options = ['-voice', voice, '--setf', `duration_stretch=${stretch}`, '-t', text, '-o', path]
    return {name, path, text, speaker: `flite-${voice}`, command: 'flite', options}
  }
  const voice = `${oneOf(ACCENTS)}+${oneOf(VARIANTS)}`
  const pace = Math.round(between(115, 190))
  const pitch = Math.round(between(20, 80))
  const options = ['-v', voice, '-s', `${pace}`, '-p', `${pitch}`, '-w', path, text]
  return {name, path, text, speaker: `espeak-${voice}`, command: 'espeak-ng', options}
})
const waiting = jobs.values()
await Promise.all(
  Array.from({length: availableParallelism()}, async () => {
    for (const {path, command, options} of waiting) if (!existsSync(path)) await execa(command, options)
  }),
)
const rows = jobs.map(({name, text, speaker}) => `${name},${text},${speaker}\n`)
writeFileSync(join(folder, 'manifest.csv'), `audio,text,speaker\n${rows.join('')}`)
console.log(`${rows.length} recordings in ${folder}`)

function shuffled<Item>(items: readonly Item[], by: Random): Item[] {
  return items
    .map(item => ({item, key: by()}))
    .sort((a, b) => a.key - b.key)
    .map(({item}) => item)
}
