import {VadOptions} from './audio/vad/options.js'
import {LinguluError} from './errors.js'
import type {InputItem} from './inputs/input.js'
import type {DecodingOptions} from './models/decoding-options.js'
import type {PrepareOptions} from './runtime/prepared-audio.js'
import {findLanguage, type LanguageCode} from './text/languages.js'

/**
 * Finds before any work what is wrong with the preparation of the sound, by itself or together with the decoding.
 *
 * @throws LinguluError CONFIG_INVALID, OPTION_UNSUPPORTED
 */
export function checkPreparing({vad, trimSilence}: PrepareOptions, decoding: DecodingOptions): void {
  const problems = vad === undefined ? [] : (VadOptions.safeParse(vad).error?.issues ?? [])
  if (problems.length > 0)
    throw new LinguluError(
      'CONFIG_INVALID',
      problems.map(({path, message}) => `${toVadFlag(String(path[0]))}: ${message}`).join('\n'),
      {hint: 'lingulu transcribe --help lists the options and their values.'},
    )
  if (decoding.kind === 'whisper' && decoding.options.clipTimestampsSeconds.some(second => second > 0)) {
    const cut = vad !== undefined ? '--vad' : trimSilence ? '--trim-silence' : undefined
    if (cut !== undefined)
      throw new LinguluError('OPTION_UNSUPPORTED', `--clip-timestamps and ${cut} cannot be given together.`, {
        hint: 'Cut recordings by the columns offset and duration of a manifest: what is cut out may then be cut again.',
      })
  }
}

const toVadFlag = (name: string): string =>
  `--vad-${name.replace(/[A-Z]/g, letter => `-${letter.toLowerCase()}`).replace(/-seconds$/, '')}`

/**
 * Finds before any work the languages of a manifest that Whisper does not know.
 *
 * @throws LinguluError MANIFEST_INVALID with all of them
 */
export function checkLanguages(items: readonly InputItem[]): void {
  const unknown = new Map<string, string[]>()
  for (const item of items) {
    if (item.language === undefined || languageOf(item) !== undefined) continue
    unknown.set(item.language, [...(unknown.get(item.language) ?? []), item.name])
  }
  if (unknown.size === 0) return
  const lines = [...unknown].map(([language, [first, ...more]]) => {
    const others = more.length === 0 ? '' : ` and ${more.length} more`
    return `  "${language}" of ${first}${others}`
  })
  throw new LinguluError('MANIFEST_INVALID', `languages that Whisper does not know\n${lines.join('\n')}`, {
    hint: 'Give codes or names such as en, de-AT or German; leave the field empty to have the language detected.',
  })
}

/** Whisper's code of the language that a manifest names: `de`, `de-AT` or `German`. Undefined for none and unknown ones. */
export function languageOf({language = ''}: InputItem): LanguageCode | undefined {
  return findLanguage(language) ?? findLanguage(language.split(/[-_]/, 1)[0] ?? '')
}
