import {z} from 'zod'
import {LinguluError} from '../errors.js'
import {explainIssues} from '../explain-issues.js'

/** A byte-level BPE vocabulary as Hugging Face stores it. Tokens are spelled in GPT-2's letters for bytes. */
export interface BpeVocabulary {
  /** Spellings by id. A hole is an id that no file names. */
  readonly tokens: readonly (string | undefined)[]
  /** Tokens outside the BPE by their literal text: `<|endoftext|>`, … */
  readonly added: ReadonlyMap<string, number>
  /** Pairs in order of preference, as `left right` or [left, right]. */
  readonly merges: readonly Merge[]
}

type Merge = string | readonly string[]

/** Encodes and decodes text with a {@link BpeVocabulary}. */
export interface ByteLevelBpe {
  /** Ids of ordinary text; what looks like a special token is spelled out, never obeyed. */
  encode(text: string): number[]
  /** The text of the ids. Bytes that are no UTF-8 become U+FFFD, one per maximal part, as in Python's `errors='replace'`. */
  decode(ids: Iterable<number>): string
}

/**
 * Reads Hugging Face's `tokenizer.json`.
 *
 * @param name what to call the file in an error
 * @throws {LinguluError} `MODEL_INVALID` if it is not JSON or holds no byte-level BPE
 */
export function parseTokenizerJson(json: string, name: string): BpeVocabulary {
  const {model, added_tokens} = parseJson(TokenizerFile, json, name)
  const added = new Map(added_tokens.map(({content, id}) => [content, id]))
  return {tokens: withAdded(model.vocab, added), added, merges: model.merges}
}

/**
 * Reads the older form: `vocab.json`, `merges.txt` and `added_tokens.json` (or the same table from elsewhere).
 *
 * @throws {LinguluError} `MODEL_INVALID`
 */
export function parseVocabularyFiles(files: {
  readonly vocabulary: string
  readonly merges: string
  readonly addedTokens: string
  readonly name: string
}): BpeVocabulary {
  const tokens = parseJson(Vocabulary, files.vocabulary, files.name)
  // `flatMap` leaves out the holes.
  const added = new Map(parseJson(Vocabulary, files.addedTokens, files.name).flatMap((token, id) => [[token, id]]))
  const end = tokens.indexOf(END_OF_TEXT)
  if (end !== -1) added.set(END_OF_TEXT, end)
  const merges = files.merges.split('\n').filter(line => line !== '' && !line.startsWith('#version'))
  return {tokens: withAdded(tokens, added), added, merges}
}

/** Prepares a vocabulary. Cheap: what only `encode` needs is built when it is first called. */
export function createByteLevelBpe(vocabulary: BpeVocabulary): ByteLevelBpe {
  const bytes: (Uint8Array | undefined)[] = []
  const literal = new Map(Array.from(vocabulary.added, ([content, id]) => [id, content]))
  let encoder: ((text: string) => number[]) | undefined

  function bytesOf(id: number): Uint8Array {
    const content = literal.get(id)
    const made = content === undefined ? spelledBytes(vocabulary.tokens[id] ?? '') : new TextEncoder().encode(content)
    bytes[id] = made
    return made
  }

  return {
    encode(text) {
      encoder ??= createEncoder(vocabulary)
      return encoder(text)
    },
    decode(ids) {
      const parts = Array.from(ids, id => bytes[id] ?? bytesOf(id))
      // `ignoreBOM` keeps U+FEFF in the text.
      return new TextDecoder('utf-8', {ignoreBOM: true}).decode(Buffer.concat(parts))
    },
  }
}

/**
 * A table of tokens and ids, turned round: spellings by id. Fifty thousand entries are checked in one pass by hand; a
 * schema for each would cost more than all the rest of the loading.
 */
const Vocabulary = z
  .custom<Readonly<Record<string, unknown>>>(isTable, 'a table of tokens and ids is expected')
  .transform((table, context) => {
    const tokens: string[] = []
    for (const token in table) {
      const id = table[token]
      if (typeof id !== 'number' || !Number.isInteger(id) || id < 0 || id > MAXIMUM_ID) {
        context.addIssue(`the id of ${JSON.stringify(token)} is no whole number from 0 to ${MAXIMUM_ID}`)
        return z.NEVER
      }
      tokens[id] = token
    }
    return tokens
  })

function isTable(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Older folders keep it among the ordinary tokens. */
const END_OF_TEXT = '<|endoftext|>'

/** A wild id must not make a huge array. */
const MAXIMUM_ID = 10_000_000

const Merges = z.custom<readonly Merge[]>(
  value => Array.isArray(value) && value.every(merge => typeof merge === 'string' || isPair(merge)),
  'a list of merges, "left right" or [left, right], is expected',
)

function isPair(value: unknown): boolean {
  return Array.isArray(value) && value.length === 2 && value.every(part => typeof part === 'string')
}

const TokenizerFile = z.object({
  model: z.object({type: z.literal('BPE').optional(), vocab: Vocabulary, merges: Merges}),
  added_tokens: z.array(z.object({id: z.int().min(0).max(MAXIMUM_ID), content: z.string()})),
})

function parseJson<T>(schema: z.ZodType<T>, json: string, name: string): T {
  let value: unknown
  try {
    value = JSON.parse(json)
  } catch (cause) {
    throw new LinguluError('MODEL_INVALID', `${name} is not JSON`, {cause})
  }
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  throw new LinguluError('MODEL_INVALID', `${name} is not a byte-level BPE tokenizer\n${explainIssues(parsed.error)}`)
}

function withAdded(tokens: readonly string[], added: ReadonlyMap<string, number>): string[] {
  const all = [...tokens]
  for (const [content, id] of added) all[id] = content
  return all
}

/** GPT-2's words: contractions, letters, numbers and other signs with the space before them, runs of white space. */
const WORDS =
  /'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\p{White_Space}\p{L}\p{N}]+|\p{White_Space}+(?!\P{White_Space})|\p{White_Space}+/gu

function createEncoder({tokens, added, merges}: BpeVocabulary): (text: string) => number[] {
  const ids = new Map<string, number>()
  for (const [id, token] of tokens.entries()) {
    if (token !== undefined && added.get(token) !== id) ids.set(token, id)
  }
  const ranks = new Map<string, number>()
  for (const [rank, merge] of merges.entries()) ranks.set(typeof merge === 'string' ? merge : merge.join(' '), rank)

  return text => {
    const result: number[] = []
    for (const [word] of text.matchAll(WORDS)) {
      const spelled = spelling(word)
      const whole = ids.get(spelled)
      if (whole !== undefined) result.push(whole)
      else for (const part of mergeLetters(spelled, ranks)) result.push(idOf(part, ids))
    }
    return result
  }
}

function idOf(part: string, ids: ReadonlyMap<string, number>): number {
  const id = ids.get(part)
  if (id !== undefined) return id
  throw new LinguluError('MODEL_INVALID', `the tokenizer's merges make "${part}", which its vocabulary lacks`)
}

/** Joins the best-ranked pair, everywhere at once, until none is left. */
function mergeLetters(spelled: string, ranks: ReadonlyMap<string, number>): string[] {
  let parts = [...spelled]
  for (;;) {
    let best: string | undefined
    let bestRank = Number.POSITIVE_INFINITY
    for (let i = 1; i < parts.length; i++) {
      const pair = `${parts[i - 1]} ${parts[i]}`
      const rank = ranks.get(pair)
      if (rank !== undefined && rank < bestRank) {
        best = pair
        bestRank = rank
      }
    }
    if (best === undefined) return parts
    parts = joinPair(parts, best)
  }
}

function joinPair(parts: readonly string[], pair: string): string[] {
  const joined: string[] = []
  for (let i = 0; i < parts.length; i++) {
    const left = parts[i] ?? ''
    const right = parts[i + 1]
    if (right !== undefined && `${left} ${right}` === pair) {
      joined.push(left + right)
      i++
    } else joined.push(left)
  }
  return joined
}

/** GPT-2's letter for every byte: printable Latin-1 stands for itself, the rest for U+0100 and on. */
const LETTERS: readonly string[] = (() => {
  let next = 0x100
  return Array.from({length: 256}, (_, byte) => {
    const printable = (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte !== 0xad)
    return String.fromCharCode(printable ? byte : next++)
  })
})()

const BYTES: ReadonlyMap<string, number> = new Map(LETTERS.map((letter, byte) => [letter, byte]))

function spelling(text: string): string {
  return Array.from(new TextEncoder().encode(text), byte => LETTERS[byte]).join('')
}

function spelledBytes(token: string): Uint8Array {
  return Uint8Array.from(token, letter => BYTES.get(letter) ?? 0x3f)
}
