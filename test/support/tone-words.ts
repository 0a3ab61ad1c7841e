import {writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {writeWav} from './speech.js'

const RATE_HZ = 16_000
const TONE_SECONDS = 0.15
/** Each letter is a tone of its own. */
const TONES_HZ: Readonly<Record<string, number>> = {A: 400, B: 1000, C: 2200}
export const WORDS = ['AB', 'BA', 'CA', 'AC', 'CAB', 'BC', 'CB', 'ABC']

/** A recording in which the letters of a word are tones, with a little noise that differs from file to file. */
function wordSamples(word: string, index: number): Float32Array {
  const tones = [...word]
  const size = Math.round(RATE_HZ * TONE_SECONDS)
  const samples = new Float32Array((tones.length + 2) * size)
  for (let i = 0; i < samples.length; i++) samples[i] = 0.01 * Math.sin(i * i * 0.001 + index)
  for (const [place, letter] of tones.entries())
    for (let i = 0; i < size; i++) {
      const time = i / RATE_HZ
      const at = (place + 1) * size + i
      samples[at] =
        samples[at]! + 0.5 * Math.sin(2 * Math.PI * (TONES_HZ[letter] ?? 0) * time) * Math.sin((Math.PI * i) / size)
    }
  return samples
}

/** Writes recordings of words made of tones, and `<name>.csv` that lists them. Gives its path. */
export async function writeToneWords(folder: string, name: string, count: number): Promise<string> {
  const lines = ['id,audio,text,speaker,label']
  for (let index = 0; index < count; index++) {
    const word = WORDS[index % WORDS.length] ?? ''
    const file = `${name}-${index}.wav`
    await writeWav(folder, file, wordSamples(word, index))
    lines.push(`${name}-${index},${file},${word},s${index % 3},${word[0]}`)
  }
  const path = join(folder, `${name}.csv`)
  await writeFile(path, `${lines.join('\n')}\n`)
  return path
}
