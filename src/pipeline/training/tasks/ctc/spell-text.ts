import type {CtcModelConfig} from './ctc-config.js'

const CASES = {
  upper: (text: string) => text.toUpperCase(),
  lower: (text: string) => text.toLowerCase(),
  keep: (text: string) => text,
} as const

/** The words of a text as a model learns them: letters, marks, digits and apostrophes; all else parts words. */
export function spellText(text: string, casing: CtcModelConfig['case']): string {
  const words = CASES[casing](text.normalize('NFC').replaceAll('’', "'")).replace(/[^\p{L}\p{M}\p{N}']+/gu, ' ')
  return words
    .split(' ')
    .map(word => word.replace(/^'+(?!\p{L})|(?<!\p{L})'+$/gu, ''))
    .filter(word => /[\p{L}\p{N}]/u.test(word))
    .join(' ')
}
