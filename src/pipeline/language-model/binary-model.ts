import {crc32, deflateRawSync, inflateRawSync} from 'node:zlib'
import {WordTable} from '../decoding/ctc/word-table.js'
import {LinguluError} from '../errors.js'
import {type BackoffModel, type NgramLevel, SENTENCE_END, SENTENCE_START, UNKNOWN} from './backoff-model.js'
import {damaged, readHeader, writeHeader} from './binary-header.js'
import {readSection, type SectionPlace, writeSection} from './binary-sections.js'
import {sortLevels} from './sort-levels.js'

const LINE_FEED = 10
/** A vocabulary is not larger; a damaged one must not fill the memory. */
const MOST_VOCABULARY_BYTES = 1 << 30

/**
 * The model as a `lingulu-lm` file (binary-header.ts). The words are numbered by their probability, so that numbers of
 * frequent words are short.
 *
 * @param bits of each probability and backoff above the 1-grams, 2 to 12; 0 writes them exactly
 */
export function encodeModel(model: BackoffModel, bits: number): Uint8Array {
  const {words, levels} = sortLevels(model)
  const vocabulary = deflateRawSync(spelled(words), {level: 9})
  const sections = levels.map((level, index) => writeSection(level, placeOf(levels, index, bits)))
  const payload = Buffer.concat([vocabulary, ...sections])
  const header = writeHeader({
    bits,
    vocabularyBytes: vocabulary.length,
    levels: levels.map((level, index) => ({ngrams: level.words.length, bytes: sections[index]?.length ?? 0})),
    checksum: crc32(payload),
  })
  return Buffer.concat([header, payload])
}

/**
 * Reads what {@link encodeModel} has written.
 *
 * @param name what error messages call it
 * @throws LinguluError MODEL_INVALID
 */
export function decodeModel(file: Uint8Array, name: string): BackoffModel {
  const {header, payload} = readHeader(file, name)
  try {
    const words = readVocabulary(payload.subarray(0, header.vocabularyBytes))
    const levels: NgramLevel[] = []
    let at = header.vocabularyBytes
    for (const [index, {ngrams, bytes}] of header.levels.entries()) {
      if (index === 0 && ngrams !== words.size) throw new RangeError(`it has ${words.size} words and ${ngrams} 1-grams`)
      const place = placeOf(levels, index, header.bits, header.levels.length)
      levels.push(readSection(payload.subarray(at, at + bytes), {ngrams, words: words.size}, place))
      at += bytes
    }
    return {words, levels, unknown: 0, sentenceStart: 1, sentenceEnd: 2}
  } catch (cause) {
    if (cause instanceof LinguluError || !(cause instanceof Error)) throw cause
    throw damaged(name, cause.message)
  }
}

function placeOf(levels: readonly NgramLevel[], index: number, bits: number, order = levels.length): SectionPlace {
  return {below: levels[index - 1]?.words.length ?? 0, bits, isLast: index === order - 1}
}

function spelled(words: WordTable): Uint8Array {
  const lines = Array.from({length: words.size}, (_, word) => words.text(word))
  return Buffer.from(lines.join('\n'))
}

function readVocabulary(deflated: Uint8Array): WordTable {
  const bytes = inflateRawSync(deflated, {maxOutputLength: MOST_VOCABULARY_BYTES})
  const words = new WordTable()
  for (let start = 0; start <= bytes.length; ) {
    const next = bytes.indexOf(LINE_FEED, start)
    const end = next < 0 ? bytes.length : next
    if (words.add(bytes, start, end) < 0) throw new RangeError('a word comes twice')
    start = end + 1
  }
  if (words.findText(SENTENCE_START) !== 1 || words.findText(SENTENCE_END) !== 2)
    throw new RangeError(`its vocabulary does not begin with ${UNKNOWN}, ${SENTENCE_START}, ${SENTENCE_END}`)
  return words
}
