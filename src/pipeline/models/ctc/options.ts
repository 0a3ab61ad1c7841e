import {z} from 'zod'

/** In place of a path: not even the one of the model's folder. */
export const NO_LANGUAGE_MODEL = 'none'

/** In place of a path: words are searched by characters alone. */
export const NO_LEXICON = 'none'

/** How a CTC model listens and writes. Search defaults are pyctcdecode's, chunk defaults those of Hugging Face's pipeline. */
export const CtcOptions = z
  .strictObject({
    decoder: z
      .enum(['auto', 'greedy', 'beam'])
      .default('auto')
      .describe('greedy takes the likeliest token of every frame; auto is beam with a language model or hot words.'),
    beamWidth: z.int().min(1).max(10_000).default(100).describe('Prefixes kept after every frame.'),
    beamPruneLogProbability: z.number().max(0).default(-10).describe('Prefixes this far below the best are dropped.'),
    tokenMinLogProbability: z.number().max(0).default(-5).describe('Tokens below this are left out of a frame.'),
    maxTokensPerFrame: z.int().min(1).nullable().default(null).describe('Likeliest tokens of a frame; null is all.'),
    lm: z
      .string()
      .min(1)
      .nullable()
      .default(null)
      .describe(
        'Word language model: an ARPA file, plain or gzipped, or a .bin. null: the folder’s own lm.bin; none: none.',
      ),
    alpha: z.number().min(0).default(0.5).describe('Weight of the language model.'),
    beta: z.number().default(1.5).describe('Score added for every word.'),
    unknownOffset: z.number().max(0).default(-10).describe('Added to log10 of words the language model lacks.'),
    lexicon: z
      .string()
      .min(1)
      .nullable()
      .default(null)
      .describe(
        'Pronunciations in the format of CMUdict, for a model with a head of phones. null: the folder’s own lexicon.txt; none: none.',
      ),
    phoneWeight: z.number().min(0).max(1).default(0.5).describe('Share of the phones in the acoustic score.'),
    furtherTempos: z
      .array(z.number().min(0.5).max(2))
      .max(8)
      .default([])
      .describe(
        'The search by characters and phones hears each recording at these tempos too; 0.9 is slower. Each costs as much time again.',
      ),
    priorWeight: z
      .number()
      .min(0)
      .max(1)
      .default(0)
      .describe('How much of what the model expects unheard is taken out before a beam search.'),
    hotWords: z.array(z.string().trim().min(1)).default([]).describe('Words to prefer, spelled as the model spells.'),
    hotWordWeight: z.number().min(0).default(10).describe('Score added for every hot word.'),
    chunkSeconds: z.number().min(1).max(3600).default(30).describe('Longer recordings are heard in chunks.'),
    strideSeconds: z
      .number()
      .min(0)
      .nullable()
      .default(null)
      .describe('What a chunk hears on each side beyond what it writes; null is a sixth of the chunk.'),
    pauseSeconds: z.number().min(0).default(0.5).describe('A pause between words this long ends a segment.'),
    maxSegmentSeconds: z.number().min(1).default(30).describe('Longer segments are cut at their widest pause.'),
    wordTimestamps: z.boolean().default(false),
  })
  .refine(
    ({decoder, lm, hotWords}) =>
      decoder !== 'greedy' || ((lm ?? NO_LANGUAGE_MODEL) === NO_LANGUAGE_MODEL && hotWords.length === 0),
    {
      path: ['decoder'],
      message: 'greedy decoding uses neither a language model nor hot words: choose beam',
    },
  )
  .refine(({decoder, lexicon}) => decoder !== 'greedy' || (lexicon ?? NO_LEXICON) === NO_LEXICON, {
    path: ['decoder'],
    message: 'greedy decoding uses no lexicon: choose beam',
  })
  .refine(
    ({decoder, lm, lexicon, furtherTempos}) =>
      furtherTempos.length === 0 || (decoder !== 'greedy' && lm !== NO_LANGUAGE_MODEL && lexicon !== NO_LEXICON),
    {
      path: ['furtherTempos'],
      message: 'only a search with a language model and a lexicon hears a recording at several tempos',
    },
  )
  .refine(({lm, lexicon}) => lm !== NO_LANGUAGE_MODEL || (lexicon ?? NO_LEXICON) === NO_LEXICON, {
    path: ['lexicon'],
    message: 'words are searched by their pronunciations with a language model only: leave out --lm none',
  })
  .refine(({chunkSeconds, strideSeconds}) => strideSeconds === null || 2 * strideSeconds < chunkSeconds, {
    path: ['strideSeconds'],
    message: 'two strides must be shorter than a chunk',
  })
export type CtcOptions = Readonly<z.infer<typeof CtcOptions>>
