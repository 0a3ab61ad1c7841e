/**
 * Makes speech of texts with the synthesizers of Debian, to train on beside real speech:
 *
 *     apt-get install espeak-ng flite
 *     npx tsx test/bench/synthesize-speech.ts <texts.txt> <folder> [count]
 *
 * A line is a sentence. Lines with anything but letters and the usual punctuation, and those of less than 12 or more than 90
 * letters, are left out; of the others `count` (default 3000) are drawn. Three of five are spoken by flite (slt, rms, awb), the
 * others by eSpeak NG in six accents with twelve voices; pace and pitch vary. The same texts give the same manifest.csv.
 */
import {existsSync, mkdirSync, readFileSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {execa} from 'execa'
import {type Random, seededRandom} from '../../src/pipeline/decoding/random.js'
import {spellText} from '../../src/pipeline/training/tasks/ctc/spell-text.js'

const [source = '', folder = '', count = '3000'] = process.argv.slice(2)
const FLITE = ['slt', 'rms', 'awb']
const ACCENTS = ['en-us', 'en-gb', 'en-gb-x-rp', 'en-gb-scotland', 'en-029', 'en-us-nyc']
const VOICES = ['m1', 'm2', 'm3', 'm4', 'm5', 'm6', 'm7', 'f1', 'f2', 'f3', 'f4', 'f5']

const random = seededRandom('synthetic speech')
const between = (least: number, most: number) => least + (most - least) * random()
const oneOf = <Item>(items: readonly Item[]): Item => items[Math.floor(random() * items.length)] as Item

const sentences = readFileSync(source, 'utf8')
  .split('\n')
  .filter(line => !/[^A-Za-z '",.;:!?()[\]-]/.test(line))
  .map(line => spellText(line, 'lower'))
  .filter(({length}) => length >= 12 && length <= 90)
const drawn = shuffled(sentences, random).slice(0, Number(count))

mkdirSync(folder, {recursive: true})
const rows = ['audio,text,speaker']
for (const [index, text] of drawn.entries()) {
  const name = `${String(index).padStart(5, '0')}.wav`
  const path = join(folder, name)
  if (random() < 0.6) {
    const voice = oneOf(FLITE)
    const stretch = between(0.85, 1.25).toFixed(2)
    if (!existsSync(path))
      await execa('flite', ['-voice', voice, '--setf', `duration_stretch=${stretch}`, '-t', text, '-o', path])
    rows.push(`${name},${text},flite-${voice}`)
  } else {
    const voice = `${oneOf(ACCENTS)}+${oneOf(VOICES)}`
    const [pace, pitch] = [between(120, 190), between(25, 75)].map(value => String(Math.round(value))) as [
      string,
      string,
    ]
    if (!existsSync(path)) await execa('espeak-ng', ['-v', voice, '-s', pace, '-p', pitch, '-w', path, text])
    rows.push(`${name},${text},espeak-${voice}`)
  }
}
writeFileSync(join(folder, 'manifest.csv'), `${rows.join('\n')}\n`)
console.log(`${rows.length - 1} recordings in ${folder}`)

function shuffled<Item>(items: readonly Item[], by: Random): Item[] {
  return items
    .map(item => ({item, key: by()}))
    .sort((a, b) => a.key - b.key)
    .map(({item}) => item)
}
