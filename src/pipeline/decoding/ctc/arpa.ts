import {LinguluError} from '../../errors.js'
import {readDecimal} from './decimal.js'
import {type NgramModel, NgramModelBuilder, NO_CONTEXT} from './ngram-model.js'
import type {NgramSink} from './ngram-sink.js'
import {WordTable} from './word-table.js'

/** What KenLM gives to unknown words where the file has no <unk>. */
const MISSING_UNKNOWN_LOG10 = -100
const HIGHEST_ORDER = 20

/**
 * Reads a language model in ARPA format, as SRILM, KenLM and others write it, in one pass over its bytes.
 *
 * @param chunks the file, already decompressed
 * @param name what error messages call it
 * @throws LinguluError MODEL_INVALID with the line's number
 */
export function readArpa(chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>, name: string): Promise<NgramModel> {
  return readArpaInto(chunks, name, (words, counts) => new NgramModelBuilder(words, counts))
}

/**
 * Reads an ARPA file as {@link readArpa} does, into a form of its own.
 *
 * @param open makes what takes the n-grams, when their numbers are known; the words are filled while it is
 * @throws LinguluError MODEL_INVALID with the line's number
 */
export async function readArpaInto<Result>(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  name: string,
  open: (words: WordTable, counts: readonly number[]) => NgramSink<Result>,
): Promise<Result> {
  const parser = new ArpaParser(name, open)
  let rest: Uint8Array = new Uint8Array(0)
  for await (const chunk of chunks) {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    let start = 0
    for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, start)) {
      parser.line(bytes, start, end)
      start = end + 1
    }
    rest = Buffer.from(bytes.subarray(start))
    if (rest.length > LONGEST_LINE_BYTES) throw parser.invalid('the line has no end')
  }
  if (rest.length > 0) parser.line(rest, 0, rest.length)
  return parser.finish()
}

/** No n-gram is this long; a file without line ends must not fill the memory. */
const LONGEST_LINE_BYTES = 1 << 20
const NEWLINE = 10
const SPACE = 32
const BACKSLASH = 92

/** Where the reader stands: before `\data\`, among the counts, in the n-grams of one order, after `\end\`. */
type Section = 'preamble' | 'counts' | 'ngrams' | 'end'

class ArpaParser<Result> {
  readonly #name: string
  readonly #open: (words: WordTable, counts: readonly number[]) => NgramSink<Result>
  #lineNumber = 0
  #section: Section = 'preamble'
  readonly #counts: number[] = []
  #order = 0
  /** n-grams of this order still to come. */
  #missing = 0
  readonly #words = new WordTable()
  #sink: NgramSink<Result> | undefined
  /** Byte ranges of the fields of a line: start, end, start, end, … */
  #fields = new Int32Array(2 * (HIGHEST_ORDER + 3))
  /** The n-gram before: in sorted files most words are those of the line above. */
  #fieldsAbove = new Int32Array(2 * (HIGHEST_ORDER + 3))
  #bytesAbove: Uint8Array = new Uint8Array(0)
  readonly #ids = new Int32Array(HIGHEST_ORDER)
  #context = NO_CONTEXT

  constructor(name: string, open: (words: WordTable, counts: readonly number[]) => NgramSink<Result>) {
    this.#name = name
    this.#open = open
  }

  line(bytes: Uint8Array, lineStart: number, lineEnd: number): void {
    this.#lineNumber++
    let start = lineStart
    let end = lineEnd
    while (end > start && (bytes[end - 1] as number) <= SPACE) end--
    while (start < end && (bytes[start] as number) <= SPACE) start++
    if (end === start) return
    if (this.#section === 'ngrams' && bytes[start] !== BACKSLASH) {
      this.#ngram(bytes, start, end)
      return
    }
    const text = textIn(bytes, start, end)
    if (this.#section === 'preamble') {
      if (text === '\\data\\') this.#section = 'counts'
    } else if (this.#section === 'end') throw this.invalid(`there is more after \\end\\: ${quoted(text)}`)
    else if (this.#section === 'counts' && text.startsWith('ngram ')) this.#count(text)
    else this.#heading(text)
  }

  finish(): Result {
    if (this.#section === 'preamble') throw this.invalid('there is no \\data\\ line: this is not an ARPA file')
    if (this.#section !== 'end') throw this.invalid('the file ends without \\end\\: it is cut short')
    const special = {
      unknown: this.#unknown(),
      sentenceStart: this.#words.findText('<s>'),
      sentenceEnd: this.#words.findText('</s>'),
    }
    if (special.sentenceStart < 0 || special.sentenceEnd < 0) throw this.invalid('<s> or </s> is not among the 1-grams')
    return this.#built().build(special)
  }

  #count(text: string): void {
    const [, order, count] = /^ngram\s+(\d+)\s*=\s*(\d+)$/.exec(text) ?? []
    if (order === undefined) throw this.invalid(`expected “ngram N=count”, got ${quoted(text)}`)
    if (Number(order) !== this.#counts.length + 1) {
      throw this.invalid(`expected the count of the ${this.#counts.length + 1}-grams, got ${quoted(text)}`)
    }
    if (Number(order) > HIGHEST_ORDER) throw this.invalid(`orders above ${HIGHEST_ORDER} are not supported`)
    this.#counts.push(Number(count))
  }

  #heading(text: string): void {
    if (this.#section === 'counts') this.#allocate()
    if (this.#missing > 0) throw this.#tooFew()
    if (this.#order === 1) this.#endUnigrams()
    const last = this.#order === this.#counts.length
    const expected = last ? '\\end\\' : `\\${this.#order + 1}-grams:`
    if (text !== expected) throw this.invalid(`expected ${expected}, got ${quoted(text)}`)
    this.#section = last ? 'end' : 'ngrams'
    if (!last) this.#missing = this.#counts[this.#order++] as number
    this.#ids.fill(-1)
  }

  #allocate(): void {
    if ((this.#counts[0] ?? 0) === 0) throw this.invalid('no 1-grams are announced')
    try {
      this.#sink = this.#open(this.#words, this.#counts)
    } catch (cause) {
      throw this.invalid(`${this.#counts.join(' + ')} n-grams are announced: too many for this machine`, cause)
    }
  }

  #endUnigrams(): void {
    if (this.#unknown() < 0) this.#built().addUnigram(this.#words.addText('<unk>'), MISSING_UNKNOWN_LOG10, 0)
  }

  #unknown(): number {
    return Math.max(this.#words.findText('<unk>'), this.#words.findText('<UNK>'))
  }

  #ngram(bytes: Uint8Array, start: number, end: number): void {
    const order = this.#order
    if (this.#missing === 0)
      throw this.invalid(`there are more than the ${this.#counts[order - 1]} ${order}-grams announced`)
    const above = this.#fieldsAbove
    this.#fieldsAbove = this.#fields
    this.#fields = above
    const fields = this.#split(bytes, start, end)
    if (fields !== order + 1 && fields !== order + 2) {
      throw this.invalid(`a ${order}-gram has ${order + 1} or ${order + 2} fields, this line has ${fields}`)
    }
    const log10 = this.#number(bytes, 0)
    if (log10 > 0) throw this.invalid(`the log-probability ${log10} is above 0`)
    const backoff = fields === order + 2 ? this.#number(bytes, order + 1) : 0
    this.#missing--
    if (order === 1) this.#unigram(bytes, log10, backoff)
    else this.#longer(bytes, log10, backoff)
    this.#bytesAbove = bytes
  }

  #unigram(bytes: Uint8Array, log10: number, backoff: number): void {
    const [start, end] = this.#field(1)
    const word = this.#words.add(bytes, start, end)
    if (word < 0) throw this.invalid(`the word ${quoted(textIn(bytes, start, end))} comes twice`)
    this.#built().addUnigram(word, log10, this.#checkedBackoff(backoff))
  }

  #longer(bytes: Uint8Array, log10: number, backoff: number): void {
    const order = this.#order
    const builder = this.#built()
    const ids = this.#ids
    let same = true
    for (let i = 0; i < order; i++) {
      if (this.#isAsAbove(bytes, i + 1)) continue
      const [start, end] = this.#field(i + 1)
      const word = this.#words.find(bytes, start, end)
      if (word < 0) throw this.invalid(`the word ${quoted(textIn(bytes, start, end))} is not among the 1-grams`)
      if (i < order - 1 && this.#ids[i] !== word) same = false
      this.#ids[i] = word
    }
    if (!same) this.#context = this.#contextOf(ids, order - 1)
    const word = ids[order - 1] as number
    this.#checkedBackoff(backoff)
    const added =
      order === this.#counts.length
        ? builder.addLongest(this.#context, word, log10, order)
        : builder.addMiddle(this.#context, word, log10, backoff, order)
    if (!added) throw this.invalid(`this ${order}-gram comes twice`)
  }

  #contextOf(ids: Int32Array, length: number): number {
    let context = NO_CONTEXT
    for (let i = 0; i < length && context >= 0; i++) context = this.#built().child(context, ids[i] as number)
    if (context >= 0) return context
    this.#ids.fill(-1)
    throw this.invalid(`the first ${length} words are not among the ${length}-grams`)
  }

  /** KenLM refuses weights for contexts that cannot be: they show that a file is not what its header says. */
  #checkedBackoff(backoff: number): number {
    if (backoff === 0 || this.#order < this.#counts.length) return backoff
    throw this.invalid(`a ${this.#order}-gram of the highest order has the backoff ${backoff}`)
  }

  #built(): NgramSink<Result> {
    if (this.#sink === undefined) throw this.invalid('no n-grams are announced')
    return this.#sink
  }

  /** Finds the fields between spaces and tabs and returns their number, at most one more than any line may have. */
  #split(bytes: Uint8Array, start: number, end: number): number {
    const fields = this.#fields
    const limit = Math.min(this.#order + 3, fields.length / 2)
    let count = 0
    for (let i = start; i < end && count < limit; ) {
      fields[2 * count] = i
      while (i < end && (bytes[i] as number) > SPACE) i++
      fields[2 * count + 1] = i
      count++
      while (i < end && (bytes[i] as number) <= SPACE) i++
    }
    return count
  }

  /** Whether a word is spelled as in the line above, whose number is known. */
  #isAsAbove(bytes: Uint8Array, index: number): boolean {
    if (this.#bytesAbove !== bytes || this.#ids[index - 1] === -1) return false
    let above = this.#fieldsAbove[2 * index] as number
    const start = this.#fields[2 * index] as number
    const end = this.#fields[2 * index + 1] as number
    if ((this.#fieldsAbove[2 * index + 1] as number) - above !== end - start) return false
    for (let i = start; i < end; i++, above++) if (bytes[i] !== bytes[above]) return false
    return true
  }

  #field(index: number): readonly [start: number, end: number] {
    return [this.#fields[2 * index] as number, this.#fields[2 * index + 1] as number]
  }

  #number(bytes: Uint8Array, index: number): number {
    const [start, end] = this.#field(index)
    const value = readDecimal(bytes, start, end)
    if (Number.isFinite(value)) return value
    throw this.invalid(`${quoted(textIn(bytes, start, end))} is not a number`)
  }

  #tooFew(): LinguluError {
    const announced = this.#counts[this.#order - 1] as number
    return this.invalid(`${announced} ${this.#order}-grams are announced, there are ${announced - this.#missing}`)
  }

  invalid(what: string, cause?: unknown): LinguluError {
    return new LinguluError('MODEL_INVALID', `${this.#name}, line ${this.#lineNumber}: ${what}`, {
      cause,
      hint: 'Give a language model in ARPA format, as SRILM or KenLM (lmplz) writes it; it may be gzipped.',
    })
  }
}

function textIn(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString()
}

function quoted(text: string): string {
  return `“${text.length > 60 ? `${text.slice(0, 60)}…` : text}”`
}
