import {z} from 'zod'
import {NormalizationPriorSchema} from '../../../models/preprocessor.js'
import {EncoderConfig} from '../encoder-config.js'

/** A CTC model of lingulu's own: one encoder, one head for what is written, and one for phones if that is wanted. */
export const CtcModelConfig = z.strictObject({
  architecture: z.literal('conformer').optional().default('conformer'),
  from: z
    .string()
    .min(1)
    .optional()
    .describe(
      'A folder of an earlier training, or its float32 export. Weights of the same name and shape are taken; the others are drawn. More layers than it has begin as copies that change nothing.',
    ),
  hop_samples: z
    .int()
    .min(80)
    .max(320)
    .optional()
    .describe(
      'From one frame to the next, at 16 kHz. Fewer are for fast speech, and take longer. Default: those of from, else 160.',
    ),
  normalize_prior: NormalizationPriorSchema.optional().describe(
    'What is usual of the mel bands (docs/models.md): normalises short recordings better. Default: that of from, if it has one.',
  ),
  encoder: EncoderConfig.prefault({}),
  tokens: z
    .enum(['characters', 'bpe', 'phones'])
    .default('characters')
    .describe('What the model writes. phones: ARPAbet, without a second head.'),
  alphabet: z
    .string()
    .min(1)
    .optional()
    .describe('The characters. Default: those of the training texts. Texts with others are left out, and named.'),
  case: z.enum(['upper', 'lower', 'keep']).default('upper').describe('How texts are spelled before they are learnt.'),
  vocabulary_size: z.int().min(32).max(50_000).default(512).describe('Pieces of bpe, the blank among them.'),
  phone_head: z
    .strictObject({weight: z.number().gt(0).default(0.5).describe('Of its loss, beside 1 for what is written.')})
    .optional()
    .describe('A second head for phones, for assessment. It needs a lexicon or a column of phones.'),
  crf: z
    .strictObject({
      weight: z.number().gt(0).max(1).default(0.9).describe('1: CTC-CRF alone; what is missing to 1 is CTC.'),
      heads: z
        .array(z.enum(['written', 'phones']))
        .min(1)
        .optional()
        .describe('Those that learn so; the others learn CTC. Default: all that the model has.'),
      texts: z
        .string()
        .min(1)
        .optional()
        .describe(
          'What tells which labels follow each other: a text file with a sentence on each line, or a data set. Default: the training texts.',
        ),
    })
    .optional()
    .describe(
      'The text is to be likelier than all others, which a trigram model of the training labels weighs (CTC-CRF): for a search with a language model. To go on from a model that CTC has trained.',
    ),
  consistency: z
    .strictObject({weight: z.number().gt(0).default(0.2).describe('Of the divergence, beside 1 for CTC.')})
    .optional()
    .describe(
      'Every recording comes twice in its batch, masked differently, and both readings are to agree (CR-CTC). For few data; batch_seconds counts both.',
    ),
})
export type CtcModelConfig = Readonly<z.infer<typeof CtcModelConfig>>
