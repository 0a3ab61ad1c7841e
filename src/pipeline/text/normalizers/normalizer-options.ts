import {z} from 'zod'

export const NORMALIZERS = ['none', 'basic', 'english'] as const

export const NormalizerOptions = z.strictObject({
  name: z.enum(NORMALIZERS),
  spellings: z
    .string()
    .optional()
    .describe(
      'For english: a JSON file of spellings, or a model folder with normalizer.json. Default: lingulu’s table.',
    ),
  transforms: z.string().optional().describe('A JSON file of transforms.'),
  removeDiacritics: z.boolean().default(false).describe('For basic: é becomes e.'),
  splitLetters: z.boolean().default(false).describe('For basic: every character is a word.'),
})

export type NormalizerOptions = Readonly<z.input<typeof NormalizerOptions>>
export type NormalizerName = (typeof NORMALIZERS)[number]
