import type {z} from 'zod'
import {LinguluError} from '../../errors.js'
import {explainIssues} from '../../explain-issues.js'
import {digest} from '../../transcripts/digest.js'
import {normalizeBasic} from './basic.js'
import {normalizeEnglish} from './english.js'
import type {Normalizer} from './normalizer.js'
import {NormalizerOptions} from './normalizer-options.js'
import {PatternError} from './python-pattern-part.js'
import {readJsonFile} from './read-json-file.js'
import {readSpellings, type Spellings} from './read-spellings.js'
import {TransformFile} from './transform-schema.js'
import {compileTransforms} from './transforms.js'

/** Part of the hash: to be raised with every change of what a normalizer makes of some text. */
const VERSION = 1

/**
 * Opens a normalizer with its tables and transforms.
 * @throws LinguluError CONFIG_INVALID for options, tables and transforms that cannot be used
 */
export async function openNormalizer(input: NormalizerOptions): Promise<Normalizer> {
  const options = parseOptions(input)
  const {name, removeDiacritics, splitLetters} = options
  const spellings = name === 'english' ? await readSpellings(options.spellings) : undefined
  const {before, after} = await readTransforms(options.transforms)
  const prepare = compileAll(before, 'before', options.transforms)
  const finish = compileAll(after, 'after', options.transforms)
  const normalize = functionOf(options, spellings)
  // In an order that does not depend on that of the file.
  const table = spellings && [...spellings.table].sort(([a], [b]) => (a < b ? -1 : 1))
  const identity = {name, version: VERSION, removeDiacritics, splitLetters, spellings: table, before, after}
  return {
    name,
    hash: digest(JSON.stringify(identity)),
    description: describe(options, spellings, before.length + after.length),
    normalize: text => finish(normalize(prepare(text))),
  }
}

type Options = z.output<typeof NormalizerOptions>

function parseOptions(input: NormalizerOptions): Options {
  const parsed = NormalizerOptions.safeParse(input)
  if (!parsed.success) throw new LinguluError('CONFIG_INVALID', `normalizer: ${explainIssues(parsed.error)}`)
  const {name, spellings, removeDiacritics, splitLetters} = parsed.data
  if (spellings !== undefined && name !== 'english')
    throw new LinguluError('CONFIG_INVALID', `The normalizer ${name} takes no spellings.`, {
      hint: 'Spellings belong to the normalizer english.',
    })
  if ((removeDiacritics || splitLetters) && name !== 'basic')
    throw new LinguluError('CONFIG_INVALID', `The normalizer ${name} cannot remove diacritics or split letters.`, {
      hint: 'These belong to the normalizer basic; english removes diacritics anyway.',
    })
  return parsed.data
}

const readTransforms = async (path: string | undefined): Promise<TransformFile> =>
  path === undefined ? {before: [], after: []} : readJsonFile(path, TransformFile, 'a list of transforms')

function compileAll(transforms: TransformFile['before'], when: string, path = ''): (text: string) => string {
  try {
    return compileTransforms(transforms)
  } catch (cause) {
    if (!(cause instanceof PatternError)) throw cause
    throw new LinguluError('CONFIG_INVALID', `${path}: ${when}${cause.message}`, {
      cause,
      hint: 'Patterns and replacements are those of Python’s re; docs/normalizers.md says what is left out.',
    })
  }
}

function functionOf(options: Options, spellings: Spellings | undefined): (text: string) => string {
  if (spellings !== undefined) return text => normalizeEnglish(text, spellings.table)
  return options.name === 'basic' ? text => normalizeBasic(text, options) : text => text
}

function describe(options: Options, spellings: Spellings | undefined, transforms: number): string {
  const {name, removeDiacritics, splitLetters} = options
  const parts = {
    none: ['texts as they are'],
    basic: [
      'Whisper’s BasicTextNormalizer',
      ...(removeDiacritics ? ['without diacritics'] : []),
      ...(splitLetters ? ['every character a word'] : []),
    ],
    english: [
      'Whisper’s EnglishTextNormalizer',
      `${spellings?.table.size} spellings of ${spellings?.path ?? 'VarCon'}`,
    ],
  }[name]
  if (transforms > 0)
    parts.push(`${transforms} ${transforms === 1 ? 'transform' : 'transforms'} of ${options.transforms}`)
  return parts.join(', ')
}
