import {readFile} from 'node:fs/promises'
import {join} from 'node:path'
import {z} from 'zod'

const Tokenizer = z.object({model: z.object({vocab: z.record(z.string(), z.int())})})

/** The bytes of each ordinary token of a multilingual Whisper, by id: what tiktoken's file holds. */
export async function tokenBytes(folder: string, count = 50_257): Promise<Uint8Array[]> {
  const {model} = Tokenizer.parse(JSON.parse(await readFile(join(folder, 'tokenizer.json'), 'utf8')))
  const letters = byteOfLetter()
  const tokens: Uint8Array[] = Array.from({length: count}, () => new Uint8Array())
  for (const [spelling, id] of Object.entries(model.vocab))
    if (id < count) tokens[id] = Uint8Array.from(spelling, letter => letters.get(letter) ?? 0)
  return tokens
}

/** GPT-2 writes bytes as letters: those that can be seen as themselves, the others in order from U+0100 on. */
function byteOfLetter(): Map<string, number> {
  const seen = (byte: number) => (byte > 32 && byte < 127) || (byte > 160 && byte !== 173)
  const letters = new Map<string, number>()
  let next = 256
  for (let byte = 0; byte < 256; byte++) letters.set(String.fromCodePoint(seen(byte) ? byte : next++), byte)
  return letters
}
