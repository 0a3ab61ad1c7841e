import {Errors, Flags} from '@oclif/core'

type NumberFlagOptions = {
  readonly description: string
  readonly helpGroup?: string
  readonly dependsOn?: string[]
}

/** A number, or `none` (as OpenAI's `None`) where the option can be switched off. */
export const numberOrNone = (options: NumberFlagOptions) =>
  Flags.custom<number | null>({
    helpValue: '<number|none>',
    parse: async text => (/^none$/i.test(text) ? null : parseNumber(text)),
  })(options)

export const numberFlag = (options: NumberFlagOptions) =>
  Flags.custom<number>({helpValue: '<number>', parse: async text => parseNumber(text)})(options)

/** Numbers with commas between them, or `none`. */
export const numbersFlag = (options: NumberFlagOptions) =>
  Flags.custom<number[]>({
    helpValue: '<number,…>',
    parse: async text => (/^\s*(none)?\s*$/i.test(text) ? [] : text.split(',').map(parseNumber)),
  })(options)

function parseNumber(text: string): number {
  const number = Number(text)
  if (text.trim() === '' || !Number.isFinite(number)) throw new Errors.CLIError(`"${text}" is not a number.`)
  return number
}
