import type {z} from 'zod'
import {LinguluError} from '../errors.js'
import {CtcOptions, NO_LEXICON} from './ctc/options.js'
import type {CtcFolder, ModelFolder} from './model-folder.js'
import {WhisperOptions} from './whisper/options.js'

export type DecodingOptions =
  | {readonly kind: 'whisper'; readonly options: WhisperOptions}
  | {readonly kind: 'ctc'; readonly options: CtcOptions}

/** What a caller may give: the options of the model's kind, those left out having their defaults. */
export type DecodingInput = Readonly<z.input<typeof WhisperOptions> | z.input<typeof CtcOptions>>

/**
 * The decoding options for a model: those given, else those of its folder, else the defaults.
 *
 * @throws LinguluError OPTION_UNSUPPORTED for an option that models of another kind have; CONFIG_INVALID for a bad value.
 */
export function parseDecodingOptions(folder: ModelFolder, input: DecodingInput): DecodingOptions {
  const [own, other] = folder.kind === 'whisper' ? [WhisperOptions, CtcOptions] : [CtcOptions, WhisperOptions]
  const foreign = Object.keys(input).filter(name => !(name in own.shape) && name in other.shape)
  if (foreign.length > 0)
    throw new LinguluError(
      'OPTION_UNSUPPORTED',
      `${folder.name} is a ${folder.kind === 'whisper' ? 'Whisper' : 'CTC'} model, which has no ${foreign.map(toFlag).join(', ')}.`,
      {hint: 'Leave the option out, or choose a model of the other kind.'},
    )
  if (folder.kind === 'whisper') return {kind: 'whisper', options: parse(WhisperOptions, input)}
  return {kind: 'ctc', options: parse(CtcOptions, {...ownDefaults(folder, input), ...given(input)})}
}

/** Weights of the folder's language model hold for no other one, and its further tempos for the search by phones only. */
function ownDefaults(folder: CtcFolder, {lm, decoder, lexicon}: z.input<typeof CtcOptions>) {
  if (folder.languageModel === undefined || (lm ?? undefined) !== undefined) return {}
  const {furtherTempos, ...weights} = folder.languageModelWeights
  const sayings = lexicon ?? folder.lexicon ?? NO_LEXICON
  const isJoint = decoder !== 'greedy' && sayings !== NO_LEXICON && folder.phones.length > 0
  return given(isJoint ? {...weights, furtherTempos} : weights)
}

const given = (values: object): object =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined))

function parse<Schema extends z.ZodType>(schema: Schema, input: unknown): z.output<Schema> {
  const parsed = schema.safeParse(input)
  if (parsed.success) return parsed.data
  const problems = parsed.error.issues.map(({path, message}) => `${toFlag(String(path[0]))}: ${message}`)
  throw new LinguluError('CONFIG_INVALID', problems.join('\n'), {
    hint: 'lingulu transcribe --help lists the options and their values.',
  })
}

/** Options whose flag has another name. */
const FLAGS: Readonly<Record<string, string>> = {
  temperatures: '--temperature',
  maxInitialTimestampSeconds: '--max-initial-timestamp',
  clipTimestampsSeconds: '--clip-timestamps',
  hallucinationSilenceThresholdSeconds: '--hallucination-silence-threshold',
}

const toFlag = (name: string): string =>
  FLAGS[name] ?? `--${name.replace(/[A-Z]/g, letter => `-${letter.toLowerCase()}`)}`
