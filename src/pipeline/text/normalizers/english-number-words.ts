/** What a word means in a number. Tables of openai/whisper, `EnglishNumberNormalizer`. */
export type NumberWord =
  | {readonly kind: 'zero'}
  /** one … nineteen; with a suffix `ones`, `first`. */
  | {readonly kind: 'one' | 'ten' | 'multiplier'; readonly value: bigint; readonly suffix: string}
  /** `minus 5` */
  | {readonly kind: 'sign'; readonly sign: string}
  /** `5 dollars` */
  | {readonly kind: 'currency'; readonly sign: string}
  /** `5 percent`, `5 per cent` */
  | {readonly kind: 'percent'; readonly next: string | undefined}
  | {readonly kind: 'and' | 'point'}
  /** `double oh seven` */
  | {readonly kind: 'repeat'; readonly times: number}

const ONES =
  'one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen'.split(
    ' ',
  )
const IRREGULAR_ORDINALS: Readonly<Record<string, string>> = {
  one: 'first',
  two: 'second',
  three: 'third',
  five: 'fifth',
  twelve: 'twelfth',
}
const IRREGULAR_SUFFIXES: Readonly<Record<string, string>> = {one: 'st', two: 'nd', three: 'rd'}
const TENS = 'twenty thirty forty fifty sixty seventy eighty ninety'.split(' ')
const MULTIPLIERS =
  'hundred thousand million billion trillion quadrillion quintillion sextillion septillion octillion nonillion decillion'.split(
    ' ',
  )

export const NUMBER_WORDS: ReadonlyMap<string, NumberWord> = new Map<string, NumberWord>([
  ...['o', 'oh', 'zero'].map(word => [word, {kind: 'zero'}] as const),
  ['zeroth', {kind: 'one', value: 0n, suffix: 'th'}],
  ...ONES.flatMap((word, index) => {
    const value = BigInt(index + 1)
    const ordinal = IRREGULAR_ORDINALS[word] ?? `${word}${word.endsWith('t') ? 'h' : 'th'}`
    return [
      [word, {kind: 'one', value, suffix: ''}],
      [word === 'six' ? 'sixes' : `${word}s`, {kind: 'one', value, suffix: 's'}],
      [ordinal, {kind: 'one', value, suffix: IRREGULAR_SUFFIXES[word] ?? 'th'}],
    ] as const
  }),
  ...TENS.flatMap((word, index) => {
    const value = BigInt(index + 2) * 10n
    return [
      [word, {kind: 'ten', value, suffix: ''}],
      [word.replace('y', 'ies'), {kind: 'ten', value, suffix: 's'}],
      [word.replace('y', 'ieth'), {kind: 'ten', value, suffix: 'th'}],
    ] as const
  }),
  ...MULTIPLIERS.flatMap((word, index) => {
    const value = index === 0 ? 100n : 1000n ** BigInt(index)
    return [
      [word, {kind: 'multiplier', value, suffix: ''}],
      [`${word}s`, {kind: 'multiplier', value, suffix: 's'}],
      [`${word}th`, {kind: 'multiplier', value, suffix: 'th'}],
    ] as const
  }),
  ...['minus', 'negative'].map(word => [word, {kind: 'sign', sign: '-'}] as const),
  ...['plus', 'positive'].map(word => [word, {kind: 'sign', sign: '+'}] as const),
  ...['pound', 'pounds'].map(word => [word, {kind: 'currency', sign: '£'}] as const),
  ...['euro', 'euros'].map(word => [word, {kind: 'currency', sign: '€'}] as const),
  ...['dollar', 'dollars'].map(word => [word, {kind: 'currency', sign: '$'}] as const),
  ...['cent', 'cents'].map(word => [word, {kind: 'currency', sign: '¢'}] as const),
  ['per', {kind: 'percent', next: 'cent'}],
  ['percent', {kind: 'percent', next: undefined}],
  ['and', {kind: 'and'}],
  ['point', {kind: 'point'}],
  ['double', {kind: 'repeat', times: 2}],
  ['triple', {kind: 'repeat', times: 3}],
])

/** The number that stands for `word`, where it is one of `kind` without an ending. */
export function plainValue(word: string | undefined, kind: 'one' | 'ten' | 'multiplier'): bigint | undefined {
  const meaning = word === undefined ? undefined : NUMBER_WORDS.get(word)
  return meaning?.kind === kind && meaning.suffix === '' ? meaning.value : undefined
}

export const isZero = (word: string | undefined): boolean =>
  word !== undefined && NUMBER_WORDS.get(word)?.kind === 'zero'

/** A word that may stand behind `point`. */
export const isDecimal = (word: string | undefined): boolean =>
  isZero(word) || plainValue(word, 'one') !== undefined || plainValue(word, 'ten') !== undefined
