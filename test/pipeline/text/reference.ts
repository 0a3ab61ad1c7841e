import {existsSync, readFileSync} from 'node:fs'
import {type BpeVocabulary, parseTokenizerJson} from '../../../src/pipeline/text/byte-level-bpe.js'
import {LANGUAGE_CODES} from '../../../src/pipeline/text/languages.js'

/** What openai/whisper's own tokenizer and Python's zlib gave; `test/data/whisper-reference/README.md` says how. */
export function readReference<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(`../../data/whisper-reference/${name}`, import.meta.url), 'utf8'))
}

const TOKENIZERS = new URL('../../../../shared/data/tokenizers/', import.meta.url)
export const hasTokenizers = existsSync(TOKENIZERS)
export const WHY_SKIPPED = hasTokenizers ? '' : ' (skipped: no ../shared/data/tokenizers)'

export function readTokenizerFile(path: string): string {
  return readFileSync(new URL(path, TOKENIZERS), 'utf8')
}

export type Encoding = 'multilingual' | 'gpt2'

/** The vocabulary of a generation of models: `languages` is 99, or 100 since large-v3. */
export function readVocabulary(encoding: Encoding, languages: 99 | 100): BpeVocabulary {
  if (encoding === 'multilingual' && languages === 99) {
    return parseTokenizerJson(readTokenizerFile('whisper-multilingual/tokenizer.json'), 'tokenizer.json')
  }
  return fromTiktoken(readTokenizerFile(`openai/${encoding}.tiktoken`), languages)
}

/** OpenAI's ranks as a Hugging Face vocabulary. */
function fromTiktoken(file: string, languages: number): BpeVocabulary {
  const ranks = new Map<string, number>()
  for (const line of file.trim().split('\n')) {
    const [base64 = '', rank] = line.split(' ')
    ranks.set(Buffer.from(base64, 'base64').toString('latin1'), Number(rank))
  }
  const tokens = Array.from(ranks.keys(), spell)
  const merges: [string, string][] = []
  for (const [bytes, rank] of ranks) {
    if (bytes.length > 1) merges.push(lastMerge(bytes, rank, ranks))
  }
  const added = new Map<string, number>()
  for (const special of specials(languages)) {
    added.set(special, tokens.length)
    tokens.push(special)
  }
  return {tokens, added, merges}
}

function specials(languages: number): string[] {
  return [
    '<|endoftext|>',
    '<|startoftranscript|>',
    ...LANGUAGE_CODES.slice(0, languages).map(code => `<|${code}|>`),
    ...['translate', 'transcribe', 'startoflm', 'startofprev', 'nospeech', 'notimestamps'].map(name => `<|${name}|>`),
    ...Array.from({length: 1501}, (_, i) => `<|${(i * 0.02).toFixed(2)}|>`),
  ]
}

/** The two parts a token is made of: what its bytes come to when only better ranks may merge. */
function lastMerge(bytes: string, rank: number, ranks: ReadonlyMap<string, number>): [string, string] {
  let parts = [...bytes]
  while (parts.length > 2) {
    const joined = parts.slice(1).map((part, i) => ranks.get(parts[i] + part) ?? Number.POSITIVE_INFINITY)
    const best = Math.min(...joined)
    if (best >= rank) break
    const at = joined.indexOf(best)
    parts = [...parts.slice(0, at), parts[at]! + parts[at + 1]!, ...parts.slice(at + 2)]
  }
  return [spell(parts[0]!), spell(parts[1]!)]
}

const isPrintable = (byte: number): boolean => (byte >= 33 && byte <= 126) || (byte >= 161 && byte !== 173)
const UNPRINTABLE = Array.from({length: 256}, (_, byte) => byte).filter(byte => !isPrintable(byte))

function spell(bytes: string): string {
  return Array.from(bytes, character => {
    const byte = character.charCodeAt(0)
    return String.fromCharCode(isPrintable(byte) ? byte : 256 + UNPRINTABLE.indexOf(byte))
  }).join('')
}
