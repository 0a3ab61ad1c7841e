import {z} from 'zod'
import {LinguluError} from '../errors.js'
import {type ModelFiles, readModelJson} from './model-files.js'
import type {CtcFolder} from './model-folder.js'

const TokenIds = z.record(z.string(), z.int().min(0))

/** `vocab.json`: token → id; models with a vocabulary for each language have one more level. */
const VocabularyFile = z.union([TokenIds, z.record(z.string(), TokenIds)])

const AddedToken = z.object({id: z.int().min(0), content: z.string(), special: z.boolean().default(false)})

/** `tokenizer.json`, as far as decoding needs it: token → id, or [token, score] in the order of ids. */
const TokenizerFile = z.object({
  added_tokens: z.array(AddedToken).default([]),
  model: z.object({vocab: z.union([TokenIds, z.array(z.tuple([z.string(), z.number()]))])}),
})

const SpecialToken = z.union([z.string(), z.object({content: z.string()}).transform(token => token.content)]).nullish()

/** `tokenizer_config.json`, or its elder `special_tokens_map.json`. */
const TokenizerConfig = z.object({
  pad_token: SpecialToken,
  unk_token: SpecialToken,
  bos_token: SpecialToken,
  eos_token: SpecialToken,
  additional_special_tokens: z.array(SpecialToken).nullish(),
  word_delimiter_token: SpecialToken,
  do_lower_case: z.boolean().nullish(),
  target_lang: z.string().nullish(),
})

/** Wav2Vec2CTCTokenizer's own, for folders that do not say. */
const DEFAULT_TOKENS = {pad_token: '<pad>', unk_token: '<unk>', bos_token: '<s>', eos_token: '</s>'} as const
const DEFAULT_WORD_DELIMITER = '|'

type Vocabulary = Pick<CtcFolder, 'vocabulary' | 'blank' | 'wordDelimiter' | 'special'>

/**
 * Reads what the outputs of a CTC model mean.
 *
 * @param size how many outputs the model has.
 * @param padId the padding token by `config.json`: CTC's blank, unless the tokenizer says otherwise.
 * @throws LinguluError `MODEL_INVALID` if there is no vocabulary, it does not fit the model, or nothing names the blank.
 */
export async function readCtcVocabulary(
  files: ModelFiles,
  size: number,
  padId: number | undefined,
): Promise<Vocabulary> {
  const config = {
    ...(await readModelJson(files, 'special_tokens_map.json', TokenizerConfig)),
    ...(await readModelJson(files, 'tokenizer_config.json', TokenizerConfig)),
  }
  const {ids, added} = await readTokens(files, config.target_lang ?? undefined)
  const largest = [...ids.values()].reduce((most, id) => Math.max(most, id), -1)
  if (largest >= size)
    throw new LinguluError(
      'MODEL_INVALID',
      `${files.path}: the vocabulary goes up to ${largest}, the model has ${size} outputs.`,
      {
        hint: 'Tokenizer and model come from different repositories: copy both from one.',
      },
    )
  const roles = {...DEFAULT_TOKENS, ...withoutNull(config)}
  const blank = ids.get(roles.pad_token) ?? padId
  if (blank === undefined || blank >= size)
    throw new LinguluError(
      'MODEL_INVALID',
      `${files.path}: neither config.json nor the tokenizer names a padding token.`,
      {
        hint: 'CTC’s blank is the padding token: set pad_token_id in config.json.',
      },
    )
  const special = [
    roles.pad_token,
    roles.unk_token,
    roles.bos_token,
    roles.eos_token,
    ...(config.additional_special_tokens ?? []),
    ...added,
  ]
    .map(token => (typeof token === 'string' ? ids.get(token) : undefined))
    .filter(id => id !== undefined)
  return {
    ...spell(ids, size, new Set([blank, ...special]), config.do_lower_case ?? false),
    blank,
    wordDelimiter:
      [config.word_delimiter_token, DEFAULT_WORD_DELIMITER, ' '].find(
        token => typeof token === 'string' && ids.has(token),
      ) ?? undefined,
  }
}

async function readTokens(files: ModelFiles, language: string | undefined) {
  const added = (await readModelJson(files, 'added_tokens.json', TokenIds)) ?? {}
  const file = await readModelJson(files, 'vocab.json', VocabularyFile)
  if (file !== undefined) {
    const ids = new Map([...Object.entries(oneLanguage(file, language, files.path)), ...Object.entries(added)])
    return {ids, added: []}
  }
  const tokenizer = await readModelJson(files, 'tokenizer.json', TokenizerFile)
  if (tokenizer === undefined)
    throw new LinguluError('MODEL_INVALID', `${files.path} has neither vocab.json nor tokenizer.json.`, {
      hint: 'Copy vocab.json from the repository that the model comes from.',
    })
  const {vocab} = tokenizer.model
  const entries = Array.isArray(vocab) ? vocab.map(([token], id) => [token, id] as const) : Object.entries(vocab)
  const more = tokenizer.added_tokens.map(token => [token.content, token.id] as const)
  return {
    ids: new Map([...entries, ...more, ...Object.entries(added)]),
    added: tokenizer.added_tokens.filter(token => token.special).map(token => token.content),
  }
}

function oneLanguage(file: z.infer<typeof VocabularyFile>, language: string | undefined, path: string) {
  const flat = TokenIds.safeParse(file)
  if (flat.success) return flat.data
  const languages = z.record(z.string(), TokenIds).parse(file)
  const chosen = languages[language ?? '']
  if (chosen !== undefined) return chosen
  throw new LinguluError(
    'MODEL_INVALID',
    `${path}/vocab.json has a vocabulary for each language, and tokenizer_config.json (target_lang) chooses none of them.`,
    {
      hint: `Set target_lang to the language that was exported, one of ${Object.keys(languages).slice(0, 20).join(', ')}, ….`,
    },
  )
}

/** Tokens by id. An id without a token is never printed; nor are the special ones. */
function spell(ids: ReadonlyMap<string, number>, size: number, special: ReadonlySet<number>, lowerCase: boolean) {
  const tokens = new Array<string | undefined>(size).fill(undefined)
  for (const [token, id] of ids) tokens[id] = token
  const silent = new Set(special)
  for (const [id, token] of tokens.entries()) if (token === undefined) silent.add(id)
  return {
    vocabulary: tokens.map((token, id) => (lowerCase && !silent.has(id) ? (token ?? '').toLowerCase() : (token ?? ''))),
    special: silent,
  }
}

function withoutNull(config: Partial<z.infer<typeof TokenizerConfig>>) {
  return Object.fromEntries(
    Object.keys(DEFAULT_TOKENS).flatMap(role => {
      const token = config[role as keyof typeof DEFAULT_TOKENS]
      return typeof token === 'string' ? [[role, token]] : []
    }),
  )
}
