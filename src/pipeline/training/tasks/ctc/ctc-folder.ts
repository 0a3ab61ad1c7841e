import {z} from 'zod'
import type {NormalizationPrior} from '../../../models/recognizer.js'
import {SUBSAMPLING} from '../../architectures/speech-encoder.js'
import {filterBankPreprocessor} from '../../filter-bank.js'
import {EncoderConfig} from '../encoder-config.js'
import type {Weights} from '../training-task.js'
import {writeModelFolder} from '../write-model-folder.js'
import type {CtcModelConfig} from './ctc-config.js'
import {BLANK, type CtcVocabularies, DELIMITER} from './ctc-targets.js'

export const CTC_ARCHITECTURE = 'LinguluForCTC'
export const PHONES_FILE = 'phones.json'

/** `config.json` of a CTC model of lingulu's own. */
export const LinguluCtcConfig = z.object({
  model_type: z.literal('lingulu-ctc'),
  encoder: EncoderConfig,
  vocab_size: z.int().positive(),
  phone_count: z.int().min(0).default(0).describe('Outputs of the second head, its blank among them; 0 without one.'),
  tokens: z.enum(['characters', 'bpe', 'phones']).default('characters'),
  case: z.enum(['upper', 'lower', 'keep']).default('upper'),
  merges: z
    .array(z.tuple([z.string(), z.string()]))
    .optional()
    .describe('Of bpe, in their order.'),
})
export type LinguluCtcConfig = Readonly<z.infer<typeof LinguluCtcConfig>>

export interface CtcFolder {
  readonly config: CtcModelConfig
  readonly vocabularies: CtcVocabularies
  readonly hopSamples: number
  readonly prior: NormalizationPrior | undefined
}

/** Writes config.json, the vocabularies, what features the model hears, and the weights. */
export async function writeCtcFolder(
  folder: string,
  {config, vocabularies: {written, phones}, hopSamples, prior}: CtcFolder,
  weights: Weights,
): Promise<void> {
  const idsOf = (tokens: readonly string[]) => Object.fromEntries(tokens.map((token, id) => [token, id]))
  const documents = {
    'config.json': {
      architectures: [CTC_ARCHITECTURE],
      model_type: 'lingulu-ctc',
      encoder: config.encoder,
      vocab_size: written.tokens.length,
      phone_count: phones?.tokens.length ?? 0,
      pad_token_id: 0,
      subsampling_factor: SUBSAMPLING,
      tokens: written.kind,
      case: config.case,
      ...(written.merges === undefined ? {} : {merges: written.merges}),
    },
    'vocab.json': idsOf(written.tokens),
    ...(phones === undefined ? {} : {[PHONES_FILE]: idsOf(phones.tokens)}),
    'tokenizer_config.json': {
      pad_token: BLANK,
      unk_token: null,
      bos_token: null,
      eos_token: null,
      do_lower_case: false,
      ...(written.kind === 'characters' ? {word_delimiter_token: DELIMITER} : {}),
    },
    'preprocessor_config.json': filterBankPreprocessor({mels: config.encoder.mels, hopSamples, prior}),
  }
  await writeModelFolder(folder, weights, documents)
}
