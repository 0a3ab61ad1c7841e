import {z} from 'zod'
import {ColumnMap, LAYOUTS} from '../../datasets/dataset-options.js'

const speakers = z.array(z.string().min(1))

/** Recordings to learn from, or to measure with. */
export const SourceConfig = z.strictObject({
  dataset: z.string().min(1).describe('A folder, a manifest, or the name of a data set that was pulled.'),
  layout: z.enum(['auto', ...LAYOUTS]).default('auto'),
  columns: ColumnMap.default({}).describe('Which column has what: {"text": "sentence"}.'),
  phones_column: z.string().min(1).default('phones').describe('Column with ARPAbet phones, in place of the lexicon.'),
  label_column: z.string().min(1).default('label').describe('Column with the class, for classification.'),
  speakers: speakers.min(1).optional().describe('Only these.'),
  exclude_speakers: speakers.optional().describe('Not these.'),
  limit: z.int().min(1).optional().describe('The first so many rows that are left.'),
  repeat: z
    .number()
    .gt(0)
    .max(1000)
    .default(1)
    .describe('How often each row comes in an epoch; below 1 so many of them, others in each epoch.'),
  join: z
    .strictObject({
      maximum: z.int().min(2).describe('At most so many recordings of one speaker are strung together.'),
      gap_seconds: z
        .tuple([z.number().min(0), z.number().min(0)])
        .default([0.02, 0.27])
        .describe('Silence between.'),
    })
    .optional()
    .describe('Makes sentences of short recordings.'),
})
export type SourceConfig = Readonly<z.infer<typeof SourceConfig>>

const Source = z.union([
  z
    .string()
    .min(1)
    .transform(dataset => SourceConfig.parse({dataset})),
  SourceConfig,
])
const sources = z.union([Source.transform(source => [source]), z.array(Source).min(1)])

export const DataConfig = z.strictObject({
  train: sources,
  dev: sources.optional().describe('Measured at each evaluation. The first decides which checkpoint is best.'),
  lexicon: z
    .string()
    .min(1)
    .optional()
    .describe('Pronunciations in the format of CMUdict, for phones where the data set has none.'),
  min_seconds: z.number().min(0).default(0.1).describe('Shorter recordings are left out, and named.'),
  max_seconds: z.number().gt(0).default(20).describe('Longer recordings are left out, and named.'),
  cache_audio: z
    .boolean()
    .default(true)
    .describe('Decode all recordings once, to 32 kB a second on the disk, in place of at each epoch.'),
  trim_silence: z.boolean().default(false).describe('Cut silence at both ends.'),
})
export type DataConfig = Readonly<z.infer<typeof DataConfig>>
