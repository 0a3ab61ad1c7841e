import {z} from 'zod'

/** A key such as `12` does not keep its place in a JSON object that JavaScript reads. */
const isWholeNumber = (key: string): boolean => /^(?:0|[1-9]\d*)$/.test(key)

/** An object as the pairs that a list would have: jiwer substitutes in their order. */
const Substitutions = z.preprocess(
  (value, context) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
    const pairs = Object.entries(value)
    if (pairs.length > 1 && pairs.some(([key]) => isWholeNumber(key)))
      context.addIssue('a whole number as a key would lose its place in the order: write [["from", "to"], …]')
    return pairs
  },
  z.array(z.tuple([z.string().min(1), z.string()])),
)

const plain = <Name extends string>(name: Name) => z.strictObject({transform: z.literal(name)})

const transforms = [
  plain('ToLowerCase'),
  plain('ToUpperCase'),
  plain('Strip'),
  plain('RemoveMultipleSpaces'),
  plain('RemovePunctuation'),
  plain('RemoveKaldiNonWords'),
  plain('RemoveEmptyStrings'),
  plain('ExpandCommonEnglishContractions'),
  z.strictObject({transform: z.literal('RemoveWhiteSpace'), replace_by_space: z.boolean().default(false)}),
  z.strictObject({transform: z.literal('RemoveSpecificWords'), words_to_remove: z.array(z.string().min(1))}),
  z.strictObject({transform: z.literal('SubstituteWords'), substitutions: Substitutions}),
  z.strictObject({transform: z.literal('SubstituteRegexes'), substitutions: Substitutions}),
] as const

/** One transform of jiwer, with the names of its arguments there. */
export const Transform = z.discriminatedUnion('transform', transforms, {
  error: ({code}) =>
    code === 'invalid_union'
      ? `no transform of lingulu; there are ${transforms.map(({shape}) => shape.transform.value).join(', ')}`
      : undefined,
})

/** What a file of transforms holds. A list by itself is applied before the normalizer. */
export const TransformFile = z.preprocess(
  value => (Array.isArray(value) ? {before: value} : value),
  z.strictObject({before: z.array(Transform).default([]), after: z.array(Transform).default([])}),
)

export type Transform = z.infer<typeof Transform>
export type TransformFile = Readonly<z.infer<typeof TransformFile>>
