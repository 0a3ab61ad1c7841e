import {z} from 'zod'
import {LinguluError} from '../errors.js'
import {explainIssues} from '../explain-issues.js'
import {HIGHEST_BITS} from './binary-header.js'

const Discount = z.number().positive()

/** How a language model is made of texts, pruned and written. */
export const LanguageModelOptions = z
  .strictObject({
    order: z.int().min(1).max(20).default(3).describe('Words of the longest n-grams.'),
    normalize: z
      .enum(['words', 'none'])
      .default('words')
      .describe('words: letters, digits and apostrophes; none: what white space parts, as it is.'),
    case: z.enum(['lower', 'upper', 'keep']).default('lower').describe('How words are spelled.'),
    vocabularySize: z.int().min(1).optional().describe('The most frequent words; the others become <unk>.'),
    minCount: z.int().min(1).default(1).describe('Words that come less often become <unk>.'),
    discount: z
      .union([z.enum(['estimate', 'fallback']), z.tuple([Discount.max(1), Discount.max(2), Discount.max(3)])])
      .default('estimate')
      .describe('Where discounts cannot be estimated: an error, 0.5, 1 and 1.5, or these three.'),
    pruneCounts: z
      .array(z.int().min(0))
      .default([])
      .describe('n-grams that come so often or less are left out, by order; the last is for all orders above.'),
    pruneEntropy: z.number().positive().optional().describe('n-grams whose loss raises the perplexity by less go.'),
    bits: z.int().min(2).max(HIGHEST_BITS).optional().describe('Bits of a probability in a binary file.'),
  })
  .refine(({pruneCounts}) => (pruneCounts[0] ?? 0) === 0, {
    path: ['pruneCounts'],
    message: 'the first is for single words, which are not pruned: it must be 0 (see minCount)',
  })
  .refine(({pruneCounts}) => pruneCounts.every((count, index) => count >= (pruneCounts[index - 1] ?? 0)), {
    path: ['pruneCounts'],
    message: 'none may be lower than the one before: what is a context must stay',
  })
  .refine(({order, pruneCounts}) => pruneCounts.length <= order, {
    path: ['pruneCounts'],
    message: 'there are more numbers than orders',
  })
export type LanguageModelOptions = Readonly<z.infer<typeof LanguageModelOptions>>
export type LanguageModelInput = Readonly<z.input<typeof LanguageModelOptions>>

/** @throws LinguluError CONFIG_INVALID */
export function parseLanguageModelOptions(options: LanguageModelInput): LanguageModelOptions {
  const parsed = LanguageModelOptions.safeParse(options)
  if (parsed.success) return parsed.data
  throw new LinguluError('CONFIG_INVALID', `Language model: ${explainIssues(parsed.error)}`, {
    hint: 'docs/lm.md describes the options.',
  })
}
