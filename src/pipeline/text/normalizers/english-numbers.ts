import {isDecimal, isZero, NUMBER_WORDS, type NumberWord, plainValue} from './english-number-words.js'
import {DIGIT, SPACE, splitWords, WORD} from './python-characters.js'

const ARABIC = new RegExp(`^[${DIGIT}]+(?:\\.[${DIGIT}]+)?$`, 'u')
const FRACTION = new RegExp(`^(?=\\.?[${DIGIT}])([${DIGIT}]*)(?:\\.([${DIGIT}]*))?$`, 'u')
const AND_A_HALF = new RegExp(`(?<![${WORD}])and[${SPACE}]+a[${SPACE}]+half(?![${WORD}])`, 'u')
const SUFFIX = new RegExp(`([0-9])[${SPACE}]+(st|nd|rd|th|s)(?![${WORD}])`, 'gu')
const ONE = new RegExp(`(?<![${WORD}])1(s?)(?![${WORD}])`, 'gu')
const CURRENCY_AND_CENTS = new RegExp(`([€£$])([0-9]+) (?:and )?¢([0-9]{1,2})(?![${WORD}])`, 'gu')
const ONLY_CENTS = new RegExp(`[€£$]0[^\\n]([0-9]{1,2})(?![${WORD}])`, 'gu')
const SIGNS = new Set(['-', '+', '£', '€', '$', '¢'])

/**
 * Writes spelled-out numbers in digits, `twenty one dollars` as `$21`; takes words in lower case.
 * openai/whisper's `EnglishNumberNormalizer`, its peculiarities included.
 */
export const standardizeNumbers = (text: string): string => finish(joinNumbers(splitWords(prepare(text))).join(' '))

function prepare(text: string): string {
  const segments = text.split(AND_A_HALF)
  const last = segments.length - 1
  const halves = segments.flatMap((segment, index) => {
    const word = splitWords(segment).at(-1)
    if (word === undefined) return []
    if (index === last) return [segment]
    return [segment, isDecimal(word) || plainValue(word, 'multiplier') !== undefined ? 'point five' : 'and a half']
  })
  return halves
    .join(' ')
    .replace(/([a-z])([0-9])/gu, '$1 $2')
    .replace(/([0-9])([a-z])/gu, '$1 $2')
    .replace(SUFFIX, '$1$2')
}

function finish(text: string): string {
  return text
    .replace(
      CURRENCY_AND_CENTS,
      (_, currency: string, units: string, cents: string) => `${currency}${units}.${cents.padStart(2, '0')}`,
    )
    .replace(ONLY_CENTS, (_, cents: string) => `¢${Number(cents)}`)
    .replace(ONE, 'one$1')
}

/** The number so far: a string where digits are put in a row or there is a point. */
type Value = bigint | string | undefined

interface Reading {
  readonly words: readonly string[]
  /** Of the word that is read. */
  index: number
  value: Value
  sign: string
  readonly output: string[]
}

function joinNumbers(words: readonly string[]): string[] {
  const reading: Reading = {words, index: 0, value: undefined, sign: '', output: []}
  for (; reading.index < words.length; reading.index++) {
    const word = words[reading.index] ?? ''
    const meaning = NUMBER_WORDS.get(word)
    if (readArabic(reading, word)) continue
    if (meaning === undefined) emitBoth(reading, word)
    else readWord(reading, word, meaning)
  }
  emitValue(reading)
  return reading.output
}

function emit(reading: Reading, result: string): void {
  reading.output.push(reading.sign + result)
  reading.value = undefined
  reading.sign = ''
}

function emitValue(reading: Reading): void {
  if (reading.value !== undefined) emit(reading, String(reading.value))
}

function emitBoth(reading: Reading, word: string): void {
  emitValue(reading)
  emit(reading, word)
}

function readArabic(reading: Reading, word: string): boolean {
  const sign = SIGNS.has(word.charAt(0)) ? word.charAt(0) : ''
  const digits = word.slice(sign.length)
  if (!ARABIC.test(digits)) return false
  const {value} = reading
  if (typeof value === 'string' && value.endsWith('.')) {
    reading.value = value + word
    return true
  }
  emitValue(reading)
  reading.sign = sign || reading.sign
  reading.value = timesWhole(digits, 1n) ?? digits
  return true
}

function readWord(reading: Reading, word: string, meaning: NumberWord): void {
  const {value} = reading
  const next = reading.words[reading.index + 1]
  switch (meaning.kind) {
    case 'zero':
      reading.value = `${textOf(value)}0`
      break
    case 'one':
    case 'ten':
    case 'multiplier':
      readNumber(reading, meaning)
      break
    case 'sign':
      emitValue(reading)
      if (canBeNumber(next)) reading.sign = meaning.sign
      else emit(reading, word)
      break
    case 'currency':
      if (value === undefined) emit(reading, word)
      else {
        reading.sign = meaning.sign
        emitValue(reading)
      }
      break
    case 'percent':
      readPercent(reading, word, meaning.next)
      break
    default:
      if (canBeNumber(next)) readSpecial(reading, word, meaning)
      else emitBoth(reading, word)
  }
}

function readPercent(reading: Reading, word: string, second: string | undefined): void {
  const {value, words, index} = reading
  if (value === undefined || (second !== undefined && words[index + 1] !== second)) {
    emitBoth(reading, word)
    return
  }
  if (second !== undefined) reading.index++
  emit(reading, `${value}%`)
}

const canBeNumber = (word: string | undefined): boolean =>
  word !== undefined && (NUMBER_WORDS.has(word) || ARABIC.test(word))

/** What is concatenated to: nothing for no number and for 0. */
const textOf = (value: Value): string => (value === undefined || value === 0n ? '' : String(value))

function readSpecial(reading: Reading, word: string, meaning: Extract<NumberWord, {kind: 'and' | 'point' | 'repeat'}>) {
  const {words, index, value} = reading
  const next = words[index + 1]
  if (meaning.kind === 'point') {
    if (next !== undefined && (isDecimal(next) || ARABIC.test(next))) reading.value = `${textOf(value)}.`
    return
  }
  // "two hundred and five" is one number.
  if (meaning.kind === 'and' && plainValue(words[index - 1], 'multiplier') !== undefined) return
  const digit = isZero(next) ? 0n : plainValue(next, 'one')
  if (meaning.kind === 'repeat' && digit !== undefined) {
    reading.value = textOf(value) + String(digit).repeat(meaning.times)
    reading.index++
    return
  }
  emitBoth(reading, word)
}

function readNumber(reading: Reading, meaning: Extract<NumberWord, {kind: 'one' | 'ten' | 'multiplier'}>): void {
  const {kind, suffix} = meaning
  const previous = reading.words[reading.index - 1]
  if (kind === 'one') reading.value = appendOnes(reading.value, meaning.value, previous)
  if (kind === 'ten') reading.value = append(reading.value, meaning.value, 100n)
  if (kind === 'multiplier') multiply(reading, meaning.value)
  // The number ends with its suffix.
  if (suffix !== '') emit(reading, `${reading.value}${suffix}`)
}

function append(value: Value, part: bigint, room: bigint): bigint | string {
  if (value === undefined) return part
  return typeof value === 'bigint' && value % room === 0n ? value + part : `${value}${part}`
}

function appendOnes(value: Value, ones: bigint, previous: string | undefined): bigint | string {
  if (typeof value === 'string' && plainValue(previous, 'ten') !== undefined && ones < 10n)
    return value.slice(0, -1) + ones
  if (value !== undefined && plainValue(previous, 'one') !== undefined) return `${value}${ones}`
  return append(value, ones, ones < 10n ? 10n : 100n)
}

function multiply(reading: Reading, multiplier: bigint): void {
  const {value} = reading
  if (value === undefined) reading.value = multiplier
  else if (typeof value === 'bigint') reading.value = (value / 1000n) * 1000n + (value % 1000n) * multiplier
  else {
    const product = timesWhole(value, multiplier)
    if (product === undefined) emitValue(reading)
    reading.value = product ?? multiplier
  }
}

/** The product of a decimal number with another, where it is a whole one. */
function timesWhole(text: string, factor: bigint): bigint | undefined {
  const [, whole, decimals = ''] = FRACTION.exec(text) ?? []
  if (whole === undefined) return undefined
  const product = BigInt(toAscii(whole + decimals)) * factor
  const unit = 10n ** BigInt(decimals.length)
  return product % unit === 0n ? product / unit : undefined
}

const isDigit = new RegExp(`^[${DIGIT}]$`, 'u')

/** Digits of any script in ASCII. Unicode has them in runs from 0 to 9. */
const toAscii = (digits: string): string =>
  digits.replace(/[^0-9]/gu, digit => {
    const code = digit.codePointAt(0) ?? 0
    let first = code
    while (isDigit.test(String.fromCodePoint(first - 1))) first--
    return String((code - first) % 10)
  })
